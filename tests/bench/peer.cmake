# SPDX-License-Identifier: GPL-3.0-or-later
# bench_peer, a plain program that compares in turn, which Google Benchmark does not. The interop tests use it, too.
include_guard(GLOBAL)
add_executable(bench_peer ${CMAKE_CURRENT_LIST_DIR}/bench_peer.cpp ${CMAKE_CURRENT_LIST_DIR}/peer_library.cpp
    ${CMAKE_CURRENT_LIST_DIR}/peer_inputs.cpp ${CMAKE_CURRENT_LIST_DIR}/peer_objective.cpp)
target_link_libraries(bench_peer PRIVATE quantlathe_codecs quantlathe_formats quantlathe_options CLI11::CLI11 fmt::fmt
    PkgConfig::HWY ${CMAKE_DL_LIBS})
set_target_properties(bench_peer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/bench)
