# Says which files `cmake --install` installs where. From these files CPack makes a Debian package and a tarball.
# Included by CMakeLists.txt. The page of settings, the help tags and the changelog of the package are made here from
# other files, so that nothing has to be written twice.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS daemon/settings.md daemon/asided.1 CHANGELOG.md
  ${CMAKE_CURRENT_LIST_DIR}/settings_page.awk ${CMAKE_CURRENT_LIST_DIR}/debian/changelog.awk)
set(made ${CMAKE_CURRENT_BINARY_DIR}/installed)
file(MAKE_DIRECTORY ${made})

# made(FILE COMMAND…): writes what a command prints into a file in ${made}.
function(made file)
  execute_process(COMMAND ${ARGN} OUTPUT_FILE ${made}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Installs an editor's plugin, with a file of help tags, by which the editor finds `:help aside`. The tags are made
# here, since a user can't write into the installed folders; this needs no editor.
function(install_plugin source destination)
  # If a file is a link to a file of another plugin, a copy of that file is installed.
  set(links "")
  file(GLOB files RELATIVE ${CMAKE_SOURCE_DIR}/${source} ${source}/*/*)
  foreach(name ${files})
    if(IS_SYMLINK ${CMAKE_SOURCE_DIR}/${source}/${name})
      get_filename_component(file ${source}/${name} REALPATH)
      get_filename_component(folder ${name} DIRECTORY)
      install(FILES ${file} DESTINATION ${destination}/${folder})
      list(APPEND links REGEX "/${name}$" EXCLUDE)
    endif()
  endforeach()
  install(DIRECTORY ${source}/ DESTINATION ${destination} PATTERN tags EXCLUDE PATTERN *.png EXCLUDE ${links})
  file(GLOB pages RELATIVE ${CMAKE_SOURCE_DIR}/${source}/doc CONFIGURE_DEPENDS ${source}/doc/*.txt)
  set(tags "")
  foreach(page ${pages})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source}/doc/${page})
    file(READ ${source}/doc/${page} help)
    string(REGEX MATCHALL "[*][^* \t\n|]+[*][ \t\n]" found "${help}")
    list(TRANSFORM found REPLACE "^[*](.*)[*].$" "\\1\t${page}\t/*\\1*\n")
    list(APPEND tags ${found})
  endforeach()
  list(SORT tags)
  list(JOIN tags "" tags)
  get_filename_component(editor ${source} NAME)
  file(WRITE ${made}/${editor}/tags "${tags}")
  install(FILES ${made}/${editor}/tags DESTINATION ${destination}/doc)
endfunction()

install(TARGETS asided RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Debian's Vim and Neovim look for packages of plugins in these folders.
install_plugin(editors/vim ${CMAKE_INSTALL_DATADIR}/vim/vimfiles/pack/aside/start/aside)
if(EXISTS ${CMAKE_SOURCE_DIR}/editors/neovim)
  install_plugin(editors/neovim ${CMAKE_INSTALL_DATADIR}/nvim/site/pack/aside/start/aside)
endif()

set(pages daemon/asided.1)
if(TARGET aside)
  install(TARGETS aside RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  list(APPEND pages editors/shell/aside.1)
  install(FILES editors/shell/completions/aside.bash RENAME aside OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  # Below /usr/local, zsh looks in site-functions. Below /usr, Debian's zsh looks in vendor-completions.
  install(FILES editors/shell/completions/_aside OPTIONAL DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT local)
  install(FILES editors/shell/completions/_aside OPTIONAL DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
    COMPONENT debian EXCLUDE_FROM_ALL)
  install(FILES editors/shell/completions/aside.fish OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
foreach(page ${pages})
  get_filename_component(name ${page} NAME)
  made(${name}.gz gzip -9nc ${CMAKE_SOURCE_DIR}/${page})
  install(FILES ${made}/${name}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()
made(aside-settings.5 awk -v version=${PROJECT_VERSION} -f ${CMAKE_CURRENT_LIST_DIR}/settings_page.awk ${CMAKE_SOURCE_DIR}/daemon/settings.md)
made(aside-settings.5.gz gzip -9nc ${made}/aside-settings.5)
install(FILES ${made}/aside-settings.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT tarball EXCLUDE_FROM_ALL)

# Debian's own files.
set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set(CPACK_PACKAGE_CONTACT "The Aside authors <aside@packages.invalid>" CACHE STRING "The maintainer of the package")
made(changelog awk -v version=${PROJECT_VERSION} -v maintainer=${CPACK_PACKAGE_CONTACT} -f ${debian}/changelog.awk ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
made(changelog.gz gzip -9nc ${made}/changelog)
install(FILES ${debian}/copyright ${debian}/README.Debian ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/generator.cmake)
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(processor ${CMAKE_SYSTEM_PROCESSOR})
string(REPLACE x86_64 x64 processor ${processor})
string(REPLACE aarch64 arm64 processor ${processor})
set(CPACK_PACKAGE_FILE_NAME aside-${PROJECT_VERSION}-${system}-${processor})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "conversation with Claude beside every file you edit")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Select some lines in Vim or Neovim and ask about them. The answer streams in
beside the code, and the next question about that file carries the whole
conversation. Close the editor, reboot, rename the file: the conversation is
still there.
.
This package has the daemon asided, the plugins for Vim 9.0 or later and
Neovim 0.10 or later, and the program aside for the shell. A key for
Anthropic's API is needed, or another server that speaks it.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION editors)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "vim, neovim (>= 0.10), git")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
