// SPDX-License-Identifier: GPL-3.0-or-later
// The checksum that the expected.json files of the fixtures give for the bytes of each tensor.
#pragma once

#include <QCryptographicHash>

#include <cstddef>
#include <span>
#include <string>

namespace quantlathe::test {

/// In lower-case hexadecimal.
inline std::string sha256(std::span<const std::byte> bytes)
{
    const QByteArray data(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
    return QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex().toStdString();
}

} // namespace quantlathe::test
