// SPDX-License-Identifier: GPL-3.0-or-later
// What many tests need: fixtures, the shared test data (skipped where missing), scratch folders, expected errors.
#pragma once

#include "core/base/error.h"

#include <QTest>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe::test {

/// tests/fixtures/@p relative
std::filesystem::path fixture(const std::string& relative);
/// resources/@p relative
std::filesystem::path resource(const std::string& relative);
/// The folder ../shared/data beside the checkout (or $QUANTLATHE_SHARED_DATA); nothing where it is missing.
std::optional<std::filesystem::path> sharedData();

std::vector<std::byte> readBytes(const std::filesystem::path& file);
std::vector<float> readFloats(const std::filesystem::path& file);
void writeBytes(const std::filesystem::path& file, const std::vector<std::byte>& bytes);

/// A folder that is removed with the object.
class ScratchFolder
{
public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    std::filesystem::path operator/(const std::string& name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

/// Milliseconds of processor time that the calling thread takes for @p work: what other programs do at the same time does not
/// count, as it would on the clock.
double processorMilliseconds(const std::function<void()>& work);

/// Runs @p work and returns the Error it throws; nothing when it throws none.
template <typename Work>
std::optional<Error> errorOf(Work&& work)
{
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

} // namespace quantlathe::test

/// Skips the test with a visible line where the shared test data are missing (a user's clone).
#define QUANTLATHE_NEED_SHARED_DATA(variable)                                                                          \
    const auto variable##Found = ::quantlathe::test::sharedData();                                                     \
    if (!variable##Found)                                                                                              \
        QSKIP("shared test data not found beside the checkout");                                                       \
    const std::filesystem::path variable = *variable##Found

/// Fails unless @p expression throws an Error of @p expectedKind whose text contains @p fragment.
#define VERIFY_ERROR(expression, expectedKind, fragment)                                                               \
    do {                                                                                                               \
        const auto thrown = ::quantlathe::test::errorOf([&] { (void)(expression); });                                  \
        QVERIFY2(thrown.has_value(), "no error was thrown");                                                           \
        QVERIFY2(std::string(thrown->what()).find(fragment) != std::string::npos, thrown->what());                     \
        QCOMPARE(QString::fromUtf8(std::string(::quantlathe::name(thrown->kind())).c_str()),                           \
                 QString::fromUtf8(std::string(::quantlathe::name(expectedKind)).c_str()));                            \
    } while (false)
