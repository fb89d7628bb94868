// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui_test_support.h"

#include <QCoreApplication>
#include <QSettings>
#include <QStringList>

#include <cstring>

namespace quantlathe::ui::test {

IsolatedSettings::IsolatedSettings()
{
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, QString::fromStdString(m_folder.path().string()));
    QCoreApplication::setOrganizationName(QStringLiteral("quantlathe-tests"));
    QCoreApplication::setApplicationName(QStringLiteral("quantlathe-tests"));
}

void IsolatedSettings::clear() { QSettings().clear(); }

std::vector<TensorSpec> smallModelSpec()
{
    std::vector<TensorSpec> tensors{{"token_embd.weight", {64, 256}}};
    for (int layer = 0; layer < 2; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + '.';
        tensors.push_back({prefix + "attn_norm.weight", {256}});
        tensors.push_back({prefix + "attn_q.weight", {256, 256}});
        tensors.push_back({prefix + "attn_v.weight", {64, 256}});
        tensors.push_back({prefix + "ffn_down.weight", {256, 96}});
    }
    tensors.push_back({"output_norm.weight", {256}});
    return tensors;
}

std::shared_ptr<const Model> makeModel(const quantlathe::test::ScratchFolder& folder, const std::vector<TensorSpec>& tensors,
                                       const std::string& fileName)
{
    std::vector<std::byte> bytes;
    std::vector<std::uint64_t> offsets;
    std::uint32_t state = 12345;
    const auto uniform = [&state] {
        state = state * 1664525u + 1013904223u;
        return static_cast<float>(state >> 8) / static_cast<float>(1u << 24) - 0.5f;
    };
    for (const TensorSpec& spec : tensors) {
        offsets.push_back(bytes.size());
        const std::size_t size = static_cast<std::size_t>(tensorBytes(spec.type, spec.shape).value());
        bytes.resize(bytes.size() + size);
        if (spec.type != TensorType::F32)
            continue;
        for (std::size_t position = 0; position < size; position += sizeof(float)) {
            const float value = uniform() + uniform() + uniform();
            std::memcpy(bytes.data() + offsets.back() + position, &value, sizeof(float));
        }
    }
    const std::filesystem::path path = folder / fileName;
    quantlathe::test::writeBytes(path, bytes);
    const auto file = MappedFile::open(path);

    Model::Contents contents;
    contents.path = path;
    contents.files = {path};
    contents.formatVersion = 3;
    contents.architecture.name = "llama";
    contents.architecture.isKnown = true;
    auto& parameters = contents.architecture.parameters;
    parameters.layerCount = 2;
    parameters.contextLength = 4096;
    parameters.embeddingLength = 256;
    parameters.headCount = {4, 4};
    parameters.headCountKv = {1, 1};
    parameters.feedForwardLength = {96, 96};
    parameters.keyLength = 64;
    parameters.valueLength = 64;
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        const TensorSpec& spec = tensors[index];
        contents.tensors.push_back(Tensor::stored(spec.name, spec.shape, spec.type, file, offsets[index]));
        contents.places.push_back(placeOf(spec.name));
    }
    return std::make_shared<const Model>(std::move(contents));
}

void settle(int milliseconds)
{
    QTest::qWait(milliseconds);
    for (int turn = 0; turn < 5; ++turn) {
        QCoreApplication::sendPostedEvents();
        QCoreApplication::processEvents();
    }
}

QString treeText(const QAbstractItemModel& model, const std::vector<int>& columns, const QModelIndex& parent, int depth)
{
    QString text;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QStringList cells;
        for (const int column : columns)
            cells << model.index(row, column, parent).data().toString();
        text += QString(depth * 2, QLatin1Char(' ')) + cells.join(QStringLiteral(" | ")) + QLatin1Char('\n');
        text += treeText(model, columns, model.index(row, 0, parent), depth + 1);
    }
    return text;
}

} // namespace quantlathe::ui::test
