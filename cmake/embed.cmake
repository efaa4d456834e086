# sf_embed(TARGET MODULE FILE)
#
# The bytes of FILE become part of TARGET: "MODULE/FILE.hpp" declares std::string_view sf::MODULE::NAME(), of a room
# sf::app::NAME(). NAME is the file's name with "_" for other characters: agent.sh is agent_sh(). FILE may also be the name of
# an executable target, which is built first. A zero byte follows the bytes, so that data() is a C string where they are text.
function(sf_embed target module file)
  if(TARGET ${file})
    set(path $<TARGET_FILE:${file}>)
    set(made ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${file})
    add_dependencies(${target} ${file})
  else()
    get_filename_component(path ${file} ABSOLUTE)
    set(made ${path})
  endif()
  get_filename_component(file_name ${file} NAME)
  string(MAKE_C_IDENTIFIER ${file_name} name)
  string(REGEX MATCH "^[a-z_]+" space ${module})
  string(MAKE_C_IDENTIFIER sf_embedded_${module}_${name} symbol)
  set(header ${module}/${file_name}.hpp)
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(GENERATE OUTPUT ${directory}/${header} CONTENT "// Made by cmake/embed.cmake.
#pragma once

#include <string_view>

namespace sf::${space} {

[[nodiscard]] std::string_view ${name}();

} // namespace sf::${space}
")
  file(GENERATE OUTPUT ${directory}/${module}/${file_name}.cpp CONTENT "// Made by cmake/embed.cmake.
#include \"${header}\"

#include <cstddef>

asm(R\"(
    .pushsection .rodata
    .balign 16
${symbol}_begin:
    .incbin \"${path}\"
${symbol}_end:
    .byte 0
    .popsection
)\");

extern \"C\" {
extern const char ${symbol}_begin;
extern const char ${symbol}_end;
}

namespace sf::${space} {

std::string_view ${name}()
{
    return {&${symbol}_begin, static_cast<std::size_t>(&${symbol}_end - &${symbol}_begin)};
}

} // namespace sf::${space}
")
  target_sources(${target} PRIVATE ${directory}/${module}/${file_name}.cpp)
  target_include_directories(${target} PUBLIC ${directory})
  # In a unity build the dependency on FILE would be that of no source.
  set_source_files_properties(${directory}/${module}/${file_name}.cpp PROPERTIES
    GENERATED ON OBJECT_DEPENDS ${made} SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# sf_embed_texts(TARGET MODULE): embeds the texts beside the module's code, whatever their names.
function(sf_embed_texts target module)
  set(texts sh bash zsh fish css html lua tcl)
  list(TRANSFORM texts PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${module}/*.)
  file(GLOB files CONFIGURE_DEPENDS ${texts})
  foreach(file IN LISTS files)
    sf_embed(${target} ${module} ${file})
  endforeach()
endfunction()
