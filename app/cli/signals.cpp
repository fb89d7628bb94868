// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/signals.h"

#include "app/cli/invocation.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace quantlathe::cli {

namespace {

constexpr int patienceMilliseconds = 5000;

/// Signals as bytes, from the handler to the thread that waits for them.
int signalPipe[2] = {-1, -1};

/// Runs on any thread: libraries that start threads while they are loaded (OpenBLAS) keep signals unblocked there, so waiting for blocked
/// ones is not enough.
void passOn(int)
{
    const int before = errno;
    const char byte = 0;
    // A full pipe holds enough of them already.
    [[maybe_unused]] const auto written = write(signalPipe[1], &byte, 1);
    errno = before;
}

} // namespace

void stopOnSignals(std::stop_source stop)
{
    // A file size limit shows as an error of write(), not as the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
    if (pipe2(signalPipe, O_CLOEXEC) != 0)
        return; // the signals then end the process at once
    fcntl(signalPipe[1], F_SETFL, O_NONBLOCK);

    std::thread([stop = std::move(stop)]() mutable {
        char byte = 0;
        while (read(signalPipe[0], &byte, 1) != 1) {
        }
        stop.request_stop();
        // A second signal, or what does not stop in time, ends the process.
        pollfd second{signalPipe[0], POLLIN, 0};
        while (poll(&second, 1, patienceMilliseconds) < 0 && errno == EINTR) {
        }
        _exit(Cancelled);
    }).detach();

    struct sigaction action = {};
    action.sa_handler = passOn;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

} // namespace quantlathe::cli
