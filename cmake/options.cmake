# Compiler flags that every target of ours gets.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False positives on std::string's operator+ at -O2: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  add_compile_options(-Wno-restrict)
endif()
if(SF_WERROR)
  add_compile_options(-Werror)
endif()
if(SF_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
