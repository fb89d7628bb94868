// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"

#include "core/base/mapped_file.h"
#include "core/formats/foreign_formats.h"
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/gguf_reader.h"

namespace quantlathe {

std::shared_ptr<const Model> openModel(const std::filesystem::path& path)
{
    const auto file = MappedFile::open(path);
    if (gguf::looksLikeGguf(file->bytes()))
        return gguf::openGguf(path);
    refuseForeignFormat(file->bytes(), path);
}

} // namespace quantlathe
