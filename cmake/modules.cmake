# sf_module(NAME USES module... LIBRARIES target...)
#
# One module of src/: a static library sf_NAME of all NAME/*.cpp. USES names the modules it may include; they must have
# been added before, so the arrows cannot form a ring. tests/structure checks every #include against USES. A room of a
# module is named with its folder (app/build) and makes the library sf_app_build.
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
  set_property(GLOBAL APPEND PROPERTY SF_MODULES ${name})
endfunction()
