// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the command line share: one run of the real program.
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace quantlathe::test {

struct Run
{
    int exitCode = -1;
    bool hasCrashed = false; ///< or was ended by a signal
    std::string output;
    std::string errors;

    /// Discarded where the output is no JSON.
    [[nodiscard]] nlohmann::json parsed() const { return nlohmann::json::parse(output, nullptr, false); }
};

/// Waits for the end of a program that was started, for five minutes at most.
inline Run finish(QProcess& process)
{
    if (!process.waitForFinished(300'000))
        process.kill();
    return {process.exitCode(), process.exitStatus() == QProcess::CrashExit, process.readAllStandardOutput().toStdString(),
            process.readAllStandardError().toStdString()};
}

/// @p process keeps what it measured in @p cache.
inline void keepIn(QProcess& process, const std::filesystem::path& cache)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("XDG_CACHE_HOME"), QString::fromStdString(cache.string()));
    process.setProcessEnvironment(environment);
}

/// @param cache as keepIn(); empty = where the test's environment says. @param input for its standard input
inline Run cli(const QStringList& arguments, const std::filesystem::path& cache = {}, const QByteArray& input = {})
{
    QProcess process;
    if (!cache.empty())
        keepIn(process, cache);
    process.start(QStringLiteral(QUANTLATHE_CLI), arguments);
    process.write(input);
    process.closeWriteChannel();
    return finish(process);
}

/// Every key of @p keys is there.
inline bool hasKeys(const nlohmann::json& object, std::initializer_list<const char*> keys)
{
    for (const char* key : keys) {
        if (!object.is_object() || !object.contains(key)) {
            qWarning("key '%s' is missing", key);
            return false;
        }
    }
    return true;
}

} // namespace quantlathe::test

#define VERIFY_EXIT(run, code) QVERIFY2((run).exitCode == (code), ((run).errors + (run).output).substr(0, 2000).c_str())
