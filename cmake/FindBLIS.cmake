# FindBLIS: the BLIS framework (blis.h, libblis), as BLIS::BLIS.
#
# Debian co-installs builds of BLIS that differ in their own threading only, each in a directory of its name, all with the
# SONAME libblis.so.4, so that at run time update-alternatives decides which one a dynamic link gets. Nabla threads with
# OpenMP itself and hands BLIS an explicit rntm, so it wants the build without an OpenMP runtime of its own (libgomp beside
# clang's libomp in one process is trouble), and always the same one: the archive of the pthread build. Another build is
# found with -DBLIS_ROOT=PREFIX, or named with -DBLIS_LIBRARY=FILE -DBLIS_INCLUDE_DIR=DIRECTORY.

if(NOT BLIS_LIBRARY AND NOT BLIS_INCLUDE_DIR)
  foreach(variant blis-pthread blis-serial blis-openmp)
    find_library(BLIS_LIBRARY NAMES libblis.a blis PATH_SUFFIXES ${variant})
    if(BLIS_LIBRARY MATCHES "/${variant}/")
      find_path(BLIS_INCLUDE_DIR blis.h PATH_SUFFIXES ${variant})
      break()
    endif()
    unset(BLIS_LIBRARY CACHE)
  endforeach()
endif()
find_library(BLIS_LIBRARY NAMES libblis.a blis DOC "BLIS library")
find_path(BLIS_INCLUDE_DIR blis.h PATH_SUFFIXES blis DOC "Directory of blis.h")
mark_as_advanced(BLIS_LIBRARY BLIS_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BLIS REQUIRED_VARS BLIS_LIBRARY BLIS_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian and Ubuntu: apt-get install libblis-pthread-dev. Elsewhere: -DBLIS_ROOT=PREFIX.")

if(BLIS_FOUND AND NOT TARGET BLIS::BLIS)
  find_package(Threads REQUIRED)
  add_library(BLIS::BLIS UNKNOWN IMPORTED)
  set_target_properties(BLIS::BLIS PROPERTIES
    IMPORTED_LOCATION "${BLIS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${BLIS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;m")
endif()
