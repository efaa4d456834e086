# Libraries we use, all from the distribution. scripts/bootstrap.sh has their Debian names.
if(SF_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CURL REQUIRED) # its headers: the library is loaded when it is needed
find_package(OpenSSL REQUIRED)
find_package(LibArchive REQUIRED)
# The static library if there is one: it brings in what is used of it, not the XML and crypto libraries of formats that
# are not, whose loading every start of the program would wait for.
find_library(SF_STATIC_ARCHIVE NAMES libarchive.a)
find_library(SF_ACL NAMES acl)
if(SF_STATIC_ARCHIVE AND SF_ACL)
  set_target_properties(LibArchive::LibArchive PROPERTIES
    IMPORTED_LOCATION ${SF_STATIC_ARCHIVE} INTERFACE_LINK_LIBRARIES "${SF_ACL};PkgConfig::ZSTD;ZLIB::ZLIB")
endif()
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(LIBSOLV REQUIRED IMPORTED_TARGET libsolv)
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
# The static library if there is one: it is for the start of some sandboxes, and no start of the program should wait for it.
pkg_check_modules(SECCOMP REQUIRED libseccomp>=2.5.2) # knows all calls of src/sandbox/seccomp.cpp
find_library(SF_SECCOMP NAMES libseccomp.a seccomp HINTS ${SECCOMP_LIBRARY_DIRS} REQUIRED)
add_library(Seccomp::Seccomp UNKNOWN IMPORTED)
set_target_properties(Seccomp::Seccomp PROPERTIES
  IMPORTED_LOCATION ${SF_SECCOMP} INTERFACE_INCLUDE_DIRECTORIES "${SECCOMP_INCLUDE_DIRS}")

set(SF_FMT fmt::fmt)
set(SF_CURL "")
if(SF_STATIC)
  set(SF_FMT fmt::fmt-header-only) # Debian has no static one
  set(SF_CURL CURL::libcurl)
  find_library(SF_ATTR NAMES attr REQUIRED)
  set_property(TARGET LibArchive::LibArchive APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${SF_ATTR})
  set_property(TARGET PkgConfig::LIBELF APPEND PROPERTY INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
  set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES m ${CMAKE_DL_LIBS})
  set_property(TARGET CURL::libcurl APPEND PROPERTY INTERFACE_LINK_LIBRARIES OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
endif()
