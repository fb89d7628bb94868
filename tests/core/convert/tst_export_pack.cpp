// SPDX-License-Identifier: GPL-3.0-or-later
// Zero points of GPTQ's two layouts: v1 stores them minus one, so a zero point of 0 is not written there; what is stored as all ones reads as 0.
#include "core/convert/export_layouts.h"
#include "core/formats/open.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <QTest>

#include <cstring>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t extent = 32;

/// Asymmetric, one group per row; the zero points are 0 to 15 and again.
GroupQuantized matrixOf(unsigned bits, unsigned firstZero)
{
    GroupQuantized matrix;
    matrix.scheme = GroupScheme{bits, 0, false, TensorType::F16};
    matrix.outputs = matrix.inputs = extent;
    const unsigned largest = matrix.scheme.largestCode();
    for (std::uint64_t index = 0; index < extent * extent; ++index)
        matrix.codes.push_back(static_cast<std::uint8_t>(index * 7 % (largest + 1)));
    for (std::uint64_t output = 0; output < extent; ++output) {
        matrix.scales.push_back(0.5F + static_cast<float>(output) / 64);
        matrix.zeros.push_back(static_cast<std::uint8_t>(std::max<std::uint64_t>(firstZero, output % (largest + 1))));
    }
    return matrix;
}

/// A layer of these pieces, read as a folder.
std::vector<float> readBack(const fs::path& folder, unsigned bits, const char* format, const std::vector<std::vector<std::byte>>& pieces)
{
    ShardBuilder shard;
    const std::string module = "model.layers.0.self_attn.q_proj.";
    shard.add(module + "qweight", "I32", {bits, extent}, pieces[0]).add(module + "qzeros", "I32", {1, bits}, pieces[1]);
    shard.add(module + "scales", "F16", {1, extent}, pieces[2]).add(module + "g_idx", "I32", {extent}, pieces[3]);
    writeBytes(folder / "model.safetensors", shard.file());
    std::ofstream(folder / "config.json") << R"({"model_type":"llama","hidden_size":32,"num_hidden_layers":1,"num_attention_heads":2,"quantization_config":)"
                                          << R"({"quant_method":"gptq","bits":)" << bits << R"(,"group_size":-1,"sym":false,"desc_act":false,"checkpoint_format":")"
                                          << format << "\"}}";
    const auto model = openModel(folder);
    std::vector<float> weights(extent * extent);
    model->tensors()[*model->indexOf(module + "weight")].decodeRows(0, extent, weights.data());
    return weights;
}

std::vector<float> decoded(const GroupQuantized& matrix)
{
    std::vector<float> weights(extent * extent);
    matrix.decodeRows(0, extent, weights.data());
    return weights;
}

} // namespace

class TestExportPack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void zeroPoints_data()
    {
        QTest::addColumn<unsigned>("bits");
        for (const unsigned bits : {2U, 3U, 4U, 8U})
            QTest::addRow("%u bits", bits) << bits;
    }
    void zeroPoints()
    {
        QFETCH(unsigned, bits);
        ScratchFolder folder;
        // Without a zero point of 0 both layouts hold the same weights; fields differ by one.
        const GroupQuantized above = matrixOf(bits, 1);
        const auto first = pack(PackLayout::GptqV1, above);
        const auto second = pack(PackLayout::GptqV2, above);
        QVERIFY(first[0] == second[0] && first[1] != second[1]);
        QVERIFY(readBack(folder.path(), bits, "gptq", first) == decoded(above));
        QVERIFY(readBack(folder.path(), bits, "gptq_v2", second) == decoded(above));
        // With one, v1 refuses and v2 holds it.
        const GroupQuantized zero = matrixOf(bits, 0);
        VERIFY_ERROR(pack(PackLayout::GptqV1, zero), ErrorKind::Unsupported, "output 0 has the zero point 0 in group 0, which GPTQ v1 cannot store");
        auto pieces = pack(PackLayout::GptqV2, zero);
        QVERIFY(readBack(folder.path(), bits, "gptq_v2", pieces) == decoded(zero));
        // Files that others wrote so: a field of ones is 0, and its neighbours are as they were.
        std::vector<std::uint8_t> fields;
        for (const std::uint8_t point : zero.zeros)
            fields.push_back(static_cast<std::uint8_t>((point + zero.scheme.largestCode()) & zero.scheme.largestCode()));
        std::vector<std::uint32_t> words(bits);
        for (std::uint64_t bit = 0; bit < extent * bits; ++bit)
            words[bit / 32] |= static_cast<std::uint32_t>(fields[bit / bits] >> (bit % bits) & 1) << (bit % 32);
        QCOMPARE(pieces[1].size(), words.size() * sizeof(std::uint32_t));
        std::memcpy(pieces[1].data(), words.data(), pieces[1].size());
        QVERIFY(readBack(folder.path(), bits, "gptq", pieces) == decoded(zero));
    }

    void asymmetricCodesAreV2()
    {
        const auto choice = [](bool isSymmetric) { return Choice{TensorType::F16, Method::Gptq, GroupScheme{4, 128, isSymmetric, TensorType::F16}}; };
        QCOMPARE(layoutFor(Target::Gptq, choice(true), {}), PackLayout::GptqV1);
        QCOMPARE(layoutFor(Target::Gptq, choice(false), {}), PackLayout::GptqV2);
    }
};

QTEST_APPLESS_MAIN(TestExportPack)
#include "tst_export_pack.moc"
