# SPDX-License-Identifier: GPL-3.0-or-later
# Where an installation puts things, and the Debian package made from it (cpack in the build folder).
include(GNUInstallDirs)
install(TARGETS quantlathe-cli RUNTIME)
if(TARGET quantlathe)
    install(TARGETS quantlathe RUNTIME)
    install(FILES ${CMAKE_CURRENT_LIST_DIR}/quantlathe.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
    install(FILES ${CMAKE_CURRENT_LIST_DIR}/quantlathe.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
    install(FILES ${PROJECT_SOURCE_DIR}/resources/icons/quantlathe.svg
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps RENAME io.github.quantlathe.Quantlathe.svg)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/resources/sample/quantlathe-sample-f16.gguf
    DESTINATION ${CMAKE_INSTALL_DATADIR}/quantlathe/sample)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME quantlathe)
set(CPACK_PACKAGE_CONTACT "The Quantlathe authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_STRIP_FILES ON)
include(CPack)
