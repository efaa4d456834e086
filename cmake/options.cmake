# Compiler flags that every target of ours gets.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 takes std::string's small buffer for something else once it optimises: false alarms on operator+
  # (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651) and on strings moved out of an expected.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)
endif()
if(SF_WERROR)
  add_compile_options(-Werror)
endif()
if(SF_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
