// SPDX-License-Identifier: GPL-3.0-or-later
#include "test_support.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>

namespace quantlathe::test {

std::filesystem::path fixture(const std::string& relative)
{
    return std::filesystem::path(QUANTLATHE_FIXTURES) / relative;
}

std::filesystem::path resource(const std::string& relative)
{
    return std::filesystem::path(QUANTLATHE_SOURCE_DIR) / "resources" / relative;
}

std::optional<std::filesystem::path> sharedData()
{
    const char* given = std::getenv("QUANTLATHE_SHARED_DATA");
    const std::filesystem::path folder
        = given ? std::filesystem::path(given) : std::filesystem::path(QUANTLATHE_SOURCE_DIR) / ".." / "shared" / "data";
    return std::filesystem::is_directory(folder) ? std::optional(folder) : std::nullopt;
}

std::vector<std::byte> readBytes(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw Error(ErrorKind::NotFound, "cannot open test file", {file, std::nullopt, {}});
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

std::vector<float> readFloats(const std::filesystem::path& file)
{
    const auto bytes = readBytes(file);
    std::vector<float> floats(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
    return floats;
}

void writeBytes(const std::filesystem::path& file, const std::vector<std::byte>& bytes)
{
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

double processorMilliseconds(const std::function<void()>& work)
{
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
    };
    const double start = now();
    work();
    return now() - start;
}

ScratchFolder::ScratchFolder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "quantlathe-test-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
        throw Error(ErrorKind::Io, "cannot make a scratch folder");
    m_path = pattern;
}

ScratchFolder::~ScratchFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

} // namespace quantlathe::test
