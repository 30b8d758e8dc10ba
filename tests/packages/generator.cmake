# CPack reads this file before it makes each kind of package: the Debian package and the tarball each have some files of
# their own.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(parts Unspecified debian)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
else()
  set(parts ALL tarball)
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
endif()
list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
set(CPACK_INSTALL_CMAKE_PROJECTS "")
foreach(part ${parts})
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS ${build} aside ${part} /)
endforeach()
