# sf_module(NAME USES module... LIBRARIES target...)
#
# One module of src/: a static library sf_NAME of all NAME/*.cpp and of the texts beside them (embed.cmake). USES names
# the modules it may include; they must have been added before, so the arrows cannot form a ring. tests/structure checks
# every #include against USES. A room of a module is named with its folder (app/build) and makes the library sf_app_build.
set_property(GLOBAL PROPERTY SF_MODULES "")

function(sf_module name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES" ${ARGN})
  get_property(known GLOBAL PROPERTY SF_MODULES)
  foreach(used IN LISTS ARG_USES)
    if(NOT used IN_LIST known)
      message(FATAL_ERROR "module ${name} uses ${used}, which is not below it")
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(TRANSFORM ARG_USES PREPEND sf_)
  list(TRANSFORM ARG_USES REPLACE / _)
  string(REPLACE / _ target sf_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
  else() # headers only
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${target} ${scope} ${ARG_USES} ${ARG_LIBRARIES})
  sf_embed_texts(${target} ${name})
  set_property(GLOBAL APPEND PROPERTY SF_MODULES ${name})
endfunction()

# sf_program(NAME DIRECTORY USES module... LIBRARIES target...): a program of all DIRECTORY/*.cpp, on top of the modules
# that it may include.
function(sf_program name directory)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/*.cpp)
  add_executable(${name} ${sources})
  list(TRANSFORM ARG_USES PREPEND sf_)
  list(TRANSFORM ARG_USES REPLACE / _)
  target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBRARIES})
endfunction()

# sf_carried_program(MODULE/NAME SHARES file...): a small program of all MODULE/NAME/*.cpp that the module has inside it
# (embed.cmake), so that there is no file to be found or missed: "MODULE/MODULE_NAME.hpp" declares its bytes as
# sf::MODULE::MODULE_NAME(). It is static, because it runs in every image. SHARES names the module's files, without .hpp or
# .cpp, that it has besides its own; it may include no others (tests/structure).
function(sf_carried_program directory)
  cmake_parse_arguments(ARG "" "" "SHARES" ${ARGN})
  string(REPLACE "/" "_" name ${directory})
  string(REGEX REPLACE "/.*" "" module ${directory})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/*.cpp)
  foreach(shared IN LISTS ARG_SHARES)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${shared}.cpp)
      list(APPEND sources ${CMAKE_CURRENT_SOURCE_DIR}/${shared}.cpp)
    endif()
  endforeach()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  # Instrumented it would look for its libraries' files in the image.
  target_compile_options(${name} PRIVATE -Os -fno-sanitize=all -ffunction-sections)
  target_link_options(${name} PRIVATE -static -s -fno-sanitize=all -Wl,--gc-sections)
  # The libraries of a glibc floor (scripts/release.sh) are shared ones, and a static program needs none.
  set_target_properties(${name} PROPERTIES RULE_LAUNCH_LINK "${CMAKE_COMMAND} -E env --unset=LIBRARY_PATH")
  sf_embed(sf_${module} ${module} ${name})
endfunction()
