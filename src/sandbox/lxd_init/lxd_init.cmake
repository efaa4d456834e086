# The first process of an LXD container: static, because it runs in every image, and carried inside the tool, so that
# there is no file to be found or missed. Instrumented it would look for its libraries' files in the image.
file(GLOB lxd_init_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
add_executable(sandbox_lxd_init ${lxd_init_sources})
target_include_directories(sandbox_lxd_init PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_options(sandbox_lxd_init PRIVATE -Os -fno-sanitize=all -ffunction-sections)
target_link_options(sandbox_lxd_init PRIVATE -static -s -fno-sanitize=all -Wl,--gc-sections)
# The libraries of a glibc floor (scripts/release.sh) are shared ones, and a static program needs none.
set_target_properties(sandbox_lxd_init PROPERTIES RULE_LAUNCH_LINK "${CMAKE_COMMAND} -E env --unset=LIBRARY_PATH")
add_dependencies(sf_sandbox sandbox_lxd_init)
set_source_files_properties(sandbox/lxd_init_bytes.cpp PROPERTIES
  COMPILE_DEFINITIONS SF_LXD_INIT="$<TARGET_FILE:sandbox_lxd_init>"
  OBJECT_DEPENDS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/sandbox_lxd_init
  SKIP_UNITY_BUILD_INCLUSION ON)
