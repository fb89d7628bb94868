// SPDX-License-Identifier: GPL-3.0-or-later
// Texts with the ids that the reference programs give them.
#pragma once

#include "core/inference/tokenizer/tokenizer.h"

#include <QTest>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
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

/// What one foreign library makes of the awkward texts (tests/fixtures/tokenizers/README.md).
struct ForeignVectors
{
    std::string tokenizer;             ///< path: own/..., sample/..., shared/...
    std::vector<TokenId> prefix;       ///< put around every text
    std::vector<TokenId> suffix;
    std::vector<TokenVector> parsed;   ///< special tokens in the text are tokens
    std::vector<TokenVector> verbatim; ///< they are text
};

inline nlohmann::json readJson(const std::filesystem::path& path)
{
    std::ifstream stream(path);
    return nlohmann::json::parse(stream);
}

/// Texts by name; those that are not UTF-8, too.
inline std::map<std::string, std::string> awkwardTexts(const std::filesystem::path& folder)
{
    const auto file = readJson(folder / "texts.json");
    std::map<std::string, std::string> texts = file["texts"];
    for (const auto& [name, hexadecimal] : file["bytes"].items())
        texts[name] = QByteArray::fromHex(QByteArray::fromStdString(hexadecimal.get<std::string>())).toStdString();
    return texts;
}

inline ForeignVectors foreignVectors(const std::filesystem::path& folder, const std::string& name)
{
    const auto file = readJson(folder / "vectors" / (name + ".json"));
    nlohmann::json ids = file["ids"];
    if (file.contains("ids_like")) {
        auto base = readJson(folder / "vectors" / (file["ids_like"].get<std::string>() + ".json"))["ids"];
        base.update(ids);
        ids = std::move(base);
    }
    ForeignVectors vectors;
    vectors.tokenizer = file["tokenizer"];
    vectors.prefix = file["prefix"].get<std::vector<TokenId>>();
    vectors.suffix = file["suffix"].get<std::vector<TokenId>>();
    const auto texts = awkwardTexts(folder);
    for (const auto& [text, list] : ids.items()) {
        if (!list.is_null())
            vectors.parsed.push_back({texts.at(text), list.get<std::vector<TokenId>>()});
    }
    const nlohmann::json verbatim = file.value("verbatim", nlohmann::json::object());
    for (const auto& [text, list] : ids.items()) {
        const auto& chosen = verbatim.contains(text) ? verbatim[text] : list;
        if (!chosen.is_null())
            vectors.verbatim.push_back({texts.at(text), chosen.get<std::vector<TokenId>>()});
    }
    return vectors;
}

} // namespace quantlathe::test
