// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/foreign_formats.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <string_view>

namespace quantlathe {

namespace {

constexpr std::string_view convertPyTorch =
    "Save its weights as safetensors, or convert it with llama.cpp's convert_hf_to_gguf.py";
constexpr std::string_view convertAgain = "Convert the original model to GGUF with a current converter";

/// A format told by fixed bytes at a fixed place.
struct Signature
{
    std::string_view bytes;
    std::size_t offset;
    std::string_view description; ///< after "is "
    std::string_view advice;
};

using namespace std::string_view_literals;

constexpr Signature signatures[] = {
    {"version https://git-lfs.github.com/"sv, 0,
     "a Git LFS pointer, a small text that stands for the real file", "Fetch the file itself: git lfs pull"},
    {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, 0,
     "a PyTorch file in the form before version 1.6", convertPyTorch},
    {"\x80\x02"sv, 0, "a Python pickle (an old PyTorch file?)", convertPyTorch},
    {"\x80\x03"sv, 0, "a Python pickle (an old PyTorch file?)", convertPyTorch},
    {"\x80\x04"sv, 0, "a Python pickle (an old PyTorch file?)", convertPyTorch},
    {"\x80\x05"sv, 0, "a Python pickle (an old PyTorch file?)", convertPyTorch},
    {"lmgg"sv, 0, "a legacy ggml file (before GGUF, without version)", convertAgain},
    {"fmgg"sv, 0, "a legacy ggml file (ggmf, before GGUF)", convertAgain},
    {"tjgg"sv, 0, "a legacy ggml file (ggjt, before GGUF)", convertAgain},
    {"algg"sv, 0, "a legacy ggml LoRA adapter (ggla, before GGUF)", convertAgain},
    {"\x89HDF\r\n\x1a\n"sv, 0, "an HDF5 file (Keras?)", "Convert it to safetensors"},
    {"\x93NUMPY"sv, 0, "a NumPy array", "Convert it to safetensors"},
    {"TFL3"sv, 4, "a TensorFlow Lite model", ""},
    {"ustar"sv, 257, "a tar archive (NeMo?)", "Unpack it and open what is inside"},
    {"\x1f\x8b"sv, 0, "a gzip archive", "Unpack it and open what is inside"},
    {"\x28\xb5\x2f\xfd"sv, 0, "a Zstandard archive", "Unpack it and open what is inside"},
    {"7z\xbc\xaf\x27\x1c"sv, 0, "a 7-Zip archive", "Unpack it and open what is inside"},
    {"\x7f"
     "ELF"sv,
     0, "a program", ""},
    {"<!DOCTYPE"sv, 0, "a web page, not a model", "The download may have failed; fetch the file again"},
    {"<!doctype"sv, 0, "a web page, not a model", "The download may have failed; fetch the file again"},
    {"<html"sv, 0, "a web page, not a model", "The download may have failed; fetch the file again"},
};

std::string_view textOf(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view description,
                         std::string_view advice)
{
    throw Error(ErrorKind::Unsupported, fmt::format("is {}, which cannot be opened yet", description),
                {path, std::nullopt, {}}, std::string(advice));
}

/// Says what kind of zip archive it is by the name of its first entry (local header: 30 bytes, name length at
/// 26).
std::string_view zipKind(std::span<const std::byte> file)
{
    constexpr std::size_t headerSize = 30;
    if (file.size() < headerSize)
        return "a zip archive";
    const std::size_t length = std::to_integer<std::size_t>(file[26]) | std::to_integer<std::size_t>(file[27])
                                                                            << 8;
    const std::string_view first =
        textOf(file.subspan(headerSize, std::min(length, file.size() - headerSize)));
    for (const std::string_view mark :
         {"data.pkl", "/version", "/byteorder", "constants.pkl", "/.format_version", "/data/"}) {
        if (first.find(mark) != std::string_view::npos)
            return "a PyTorch archive";
    }
    return first.ends_with(".npy") ? "a NumPy archive (npz)" : "a zip archive";
}

/// Reads a protobuf number and moves @p position behind it; nothing at the end or beyond 64 bits.
std::optional<std::uint64_t> protobufNumber(std::span<const std::byte> bytes, std::size_t& position)
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && position < bytes.size(); shift += 7) {
        const auto byte = std::to_integer<std::uint64_t>(bytes[position++]);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    return std::nullopt;
}

/// True when the top level of the file is an ONNX ModelProto from end to end: only its fields, with a version
/// and a graph or operator sets. ONNX has no magic number. Contents of fields are stepped over, not read.
bool looksLikeOnnx(std::span<const std::byte> file)
{
    std::size_t position = 0;
    bool hasVersion = false;
    bool hasGraph = false;
    while (position < file.size()) {
        const auto tag = protobufNumber(file, position);
        const auto value = tag ? protobufNumber(file, position) : std::nullopt;
        if (!value)
            return false;
        const std::uint64_t field = *tag >> 3;
        const std::uint64_t wireType = *tag & 7;
        const bool isNumber = field == 1 || field == 5; // ir_version, model_version
        static constexpr std::uint64_t messages[] = {2, 3, 4, 6, 7, 8, 14, 20, 25, 26};
        const bool isMessage =
            std::find(std::begin(messages), std::end(messages), field) != std::end(messages);
        if (!(isNumber && wireType == 0) && !(isMessage && wireType == 2))
            return false;
        if (isMessage) {
            if (*value > file.size() - position)
                return false;
            position += static_cast<std::size_t>(*value);
        }
        hasVersion = hasVersion || field == 1;
        hasGraph = hasGraph || field == 7 || field == 8;
    }
    return hasVersion && hasGraph;
}

/// llama.cpp's old importance matrices: i32 entries, then per entry i32 name length, name ending in
/// ".weight".
bool looksLikeImportanceMatrix(std::span<const std::byte> file)
{
    if (file.size() < 16)
        return false;
    std::int32_t entries = 0;
    std::int32_t length = 0;
    std::memcpy(&entries, file.data(), sizeof entries);
    std::memcpy(&length, file.data() + 4, sizeof length);
    return entries > 0 && length > 0 && length < 256 && file.size() >= 8 + static_cast<std::size_t>(length) &&
           textOf(file.subspan(8, static_cast<std::size_t>(length))).ends_with(".weight");
}

} // namespace

void refuseForeignFormat(std::span<const std::byte> file, const std::filesystem::path& path)
{
    if (file.empty())
        throw Error(ErrorKind::BadFormat, "is empty", {path, std::nullopt, {}});
    for (const Signature& signature : signatures) {
        if (file.size() >= signature.offset + signature.bytes.size() &&
            textOf(file.subspan(signature.offset, signature.bytes.size())) == signature.bytes)
            refuse(path, signature.description, signature.advice);
    }
    if (textOf(file).starts_with("PK\x03\x04"))
        refuse(path, zipKind(file), convertPyTorch);
    if (looksLikeOnnx(file))
        refuse(path, "an ONNX model", "");
    if (looksLikeImportanceMatrix(file))
        refuse(path, "an importance matrix (imatrix), not a model", "");
    throw Error(ErrorKind::BadFormat,
                fmt::format("is not a model file of a known format; it starts with '{}'",
                            printable(textOf(file.first(std::min<std::size_t>(file.size(), 8))))),
                {path, 0, {}});
}

} // namespace quantlathe
