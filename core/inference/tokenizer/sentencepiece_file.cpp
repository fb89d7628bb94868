// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/sentencepiece_file.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/protobuf_reader.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

using Field = ProtobufReader::Field;
using WireType = ProtobufReader::WireType;

[[noreturn]] void fail(const std::string& message)
{
    throw Error(ErrorKind::BadFormat, message);
}

bool toFlag(const Field& field)
{
    return field.value != 0;
}

/// int32 fields are written sign-extended to 64 bits.
std::int64_t toSigned(const Field& field)
{
    return static_cast<std::int32_t>(field.value);
}

void readPiece(std::string_view message, SentencePieceFile& file)
{
    std::string text;
    float score = 0;
    std::uint64_t type = 1;
    ProtobufReader reader(message);
    while (const auto field = reader.next()) {
        if (field->number == 1 && field->type == WireType::Bytes)
            text = field->bytes;
        else if (field->number == 2 && field->type == WireType::Fixed32)
            score = field->real();
        else if (field->number == 3 && field->type == WireType::Number)
            type = field->value;
    }
    const std::size_t index = file.texts.size();
    if (text.empty())
        fail(fmt::format("piece {} has no text", index));
    if (type < 1 || type > 6)
        fail(fmt::format("piece {} ('{}') is of the unknown type {}", index, printable(text, 40), type));
    if (!std::isfinite(score))
        fail(fmt::format("piece {} ('{}') has a score that is no number", index, printable(text, 40)));
    file.texts.push_back(std::move(text));
    file.kinds.push_back(static_cast<TokenKind>(type));
    file.scores.push_back(score);
}

void readTrainer(std::string_view message, SentencePieceFile& file)
{
    ProtobufReader reader(message);
    while (const auto field = reader.next()) {
        if (field->type != WireType::Number)
            continue;
        switch (field->number) {
        case 3:
            if (field->value < 1 || field->value > 4)
                fail(fmt::format("the model is of the unknown type {}", field->value));
            file.method = static_cast<SentencePieceFile::Method>(field->value);
            break;
        case 24:
            file.putsSpaceBehind = toFlag(*field);
            break;
        case 35:
            file.hasByteFallback = toFlag(*field);
            break;
        case 41:
            file.bos = toSigned(*field);
            break;
        case 42:
            file.eos = toSigned(*field);
            break;
        default:
            break;
        }
    }
}

void readNormalizer(std::string_view message, SentencePieceFile& file)
{
    ProtobufReader reader(message);
    while (const auto field = reader.next()) {
        if (field->number == 2 && field->type == WireType::Bytes)
            file.characterMap = field->bytes;
        else if (field->number == 3 && field->type == WireType::Number)
            file.addsSpacePrefix = toFlag(*field);
        else if (field->number == 4 && field->type == WireType::Number)
            file.removesExtraSpaces = toFlag(*field);
        else if (field->number == 5 && field->type == WireType::Number)
            file.marksSpaces = toFlag(*field);
    }
}

} // namespace

SentencePieceFile SentencePieceFile::parse(std::string_view bytes)
{
    SentencePieceFile file;
    ProtobufReader reader(bytes);
    while (const auto field = reader.next()) {
        if (field->type != WireType::Bytes)
            continue;
        if (field->number == 1)
            readPiece(field->bytes, file);
        else if (field->number == 2)
            readTrainer(field->bytes, file);
        else if (field->number == 3)
            readNormalizer(field->bytes, file);
    }
    if (file.texts.empty())
        fail("is no SentencePiece model (it has no pieces)");
    if (std::find(file.kinds.begin(), file.kinds.end(), TokenKind::Unknown) == file.kinds.end())
        fail("the SentencePiece model has no piece for what is unknown");
    return file;
}

} // namespace quantlathe
