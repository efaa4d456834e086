// The tree behind Document. Private to this module.
#pragma once

#include "yaml/yaml.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace sf::yaml {

/// Line and column (in characters), counted from 1.
struct Position {
    int line = 0;
    int column = 0;
};

struct MappingKey {
    std::string text;
    Position where;
};

struct Element {
    Value::Kind kind = Value::Kind::empty;
    Position where;
    std::string text;              ///< of a scalar
    std::size_t text_column = 0;   ///< bytes from the scalar's position to its first character; npos: not on one line
    std::vector<MappingKey> keys;  ///< of a mapping; as many as children
    std::vector<Element> children; ///< items of a sequence, values of a mapping
};

} // namespace sf::yaml
