// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/imatrix_file.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/calibration/imatrix_formats.h"
#include "core/formats/gguf/gguf_header.h"

namespace quantlathe {

std::string_view name(ImportanceFormat format)
{
    return format == ImportanceFormat::Gguf ? "GGUF" : "dat";
}

ImportanceFormat importanceFormatFor(const std::filesystem::path& file)
{
    return file.extension() == ".dat" ? ImportanceFormat::Dat : ImportanceFormat::Gguf;
}

bool isImportanceFile(const std::filesystem::path& file)
{
    try {
        const auto mapped = MappedFile::open(file);
        return gguf::looksLikeGguf(mapped->bytes()) ? imatrix::isImportanceGguf(mapped) : imatrix::looksLikeDat(mapped->bytes());
    } catch (const Error&) {
        return false; // whoever opens it next says why
    }
}

std::shared_ptr<const Importance> readImportance(const std::filesystem::path& file)
{
    const auto mapped = MappedFile::open(file);
    Importance::Contents contents;
    if (gguf::looksLikeGguf(mapped->bytes())) {
        contents = imatrix::parseGguf(mapped);
    } else if (imatrix::looksLikeDat(mapped->bytes())) {
        contents = imatrix::parseDat(*mapped);
    } else {
        throw Error(ErrorKind::BadFormat, mapped->bytes().empty() ? "is empty" : "is no importance data: neither GGUF nor llama.cpp's older imatrix format",
                    {file, mapped->bytes().empty() ? std::nullopt : std::optional<std::uint64_t>(0), {}},
                    "Use a file made by llama-imatrix or by 'calibrate'");
    }
    contents.file = file;
    mapped->throwIfChanged();
    try {
        return std::make_shared<const Importance>(std::move(contents));
    } catch (const Error& error) { // what the value type refuses, the file says
        throw Error(ErrorKind::BadFormat, error.message(), error.place(), error.advice());
    }
}

void writeImportance(const Importance& importance, const std::filesystem::path& file, ImportanceFormat format)
{
    writeFileAtomically(file, format == ImportanceFormat::Gguf ? imatrix::encodeGguf(importance) : imatrix::encodeDat(importance));
}

} // namespace quantlathe
