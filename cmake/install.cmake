# cmake --install: the program finds its data in ../share/slurm-factory, so the tree can be moved (docs/installation.md).
include(GNUInstallDirs)
set(SF_DATA ${CMAKE_INSTALL_DATAROOTDIR}/slurm-factory)
install(TARGETS slurm-factory RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY advisories floor images init recipes smoke DESTINATION ${SF_DATA} USE_SOURCE_PERMISSIONS)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/slurm-factory)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/slurm-factory)

# The program writes its man pages and completions. A site's configuration has no part in that.
install(CODE "
  set(share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATAROOTDIR}\")
  set(program \"\${CMAKE_COMMAND}\" -E env \"SLURM_FACTORY_DATA=${PROJECT_SOURCE_DIR}\"
    \"SLURM_FACTORY_ROOT=${PROJECT_BINARY_DIR}/no-root\" \"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/slurm-factory\")
  function(write file)
    file(WRITE \"\${share}/\${file}\" \"\")
    execute_process(COMMAND \${program} \${ARGN} OUTPUT_FILE \"\${share}/\${file}\" COMMAND_ERROR_IS_FATAL ANY)
    message(STATUS \"Installing: \${share}/\${file}\")
  endfunction()
  file(MAKE_DIRECTORY \"\${share}/man/man1\")
  execute_process(COMMAND \${program} man --directory \"\${share}/man/man1\" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  message(STATUS \"Installing: \${share}/man/man1\")
  write(bash-completion/completions/slurm-factory completion bash)
  write(zsh/site-functions/_slurm-factory completion zsh)
  write(fish/vendor_completions.d/slurm-factory.fish completion fish)
")
