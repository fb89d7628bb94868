// SPDX-License-Identifier: GPL-3.0-or-later
// Texts with the ids that the reference programs give them.
#pragma once

#include "core/inference/tokenizer/tokenizer.h"

#include <QTest>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace quantlathe::test {

struct TokenVector
{
    std::string text;
    std::vector<TokenId> ids;
};

inline std::string fileText(const std::filesystem::path& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// llama.cpp's pairs of files: texts between marker lines, and a line of ids for each.
inline std::vector<TokenVector> llamaVectors(const std::filesystem::path& gguf)
{
    const std::string separator = "\n__ggml_vocab_test__\n";
    const std::string texts = fileText(gguf.string() + ".inp");
    std::istringstream lines(fileText(gguf.string() + ".out"));
    std::vector<TokenVector> vectors;
    std::size_t begin = 0;
    for (std::string line; std::getline(lines, line);) {
        TokenVector vector;
        const std::size_t end = texts.find(separator, begin);
        vector.text = texts.substr(begin, end == std::string::npos ? end : end - begin);
        begin = end == std::string::npos ? texts.size() : end + separator.size();
        std::istringstream numbers(line);
        vector.ids.assign(std::istream_iterator<TokenId>(numbers), {});
        vectors.push_back(std::move(vector));
    }
    return vectors;
}

inline std::string idText(const std::vector<TokenId>& ids)
{
    std::string text;
    for (const TokenId id : ids)
        text += std::to_string(id) + ' ';
    return text;
}

/// Number of vectors that come out as they should; the others are shown.
inline std::size_t countExact(const Tokenizer& tokenizer, const std::vector<TokenVector>& vectors, const TokenizeOptions& options)
{
    std::size_t exact = 0;
    for (const TokenVector& vector : vectors) {
        const auto ids = tokenizer.encode(vector.text, options);
        if (ids == vector.ids) {
            ++exact;
            continue;
        }
        qWarning("text  %s\nours  %s\nwants %s", QByteArray::fromStdString(vector.text).toPercentEncoding(" !\"#$&'()*+,/:;=?@[]").constData(),
                 idText(ids).c_str(), idText(vector.ids).c_str());
    }
    return exact;
}

} // namespace quantlathe::test
