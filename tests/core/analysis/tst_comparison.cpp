// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/comparison.h"
#include "core/analysis/tensor_matching.h"
#include "core/formats/open.h"
#include "test_tensors.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

using Result = TensorComparison::Result;

Model modelOf(ModelFormat format, std::vector<Tensor> tensors, std::uint64_t heads = 0, std::uint64_t kvHeads = 0)
{
    Model::Contents contents;
    contents.format = format;
    contents.architecture.parameters.headCount = {heads, heads};
    contents.architecture.parameters.headCountKv = {kvHeads, kvHeads};
    for (const Tensor& tensor : tensors)
        contents.places.push_back(placeOf(tensor.name(), "llama"));
    contents.tensors = std::move(tensors);
    return Model(std::move(contents));
}

/// What llama.cpp's converter does with q and k, row by row: [heads, 2, half] to [heads, half, 2].
std::vector<float> ropePermuted(const std::vector<float>& weights, std::size_t heads, std::size_t rowLength)
{
    const std::size_t headLength = weights.size() / rowLength / heads;
    std::vector<float> permuted(weights.size());
    for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t part = 0; part < 2; ++part)
            for (std::size_t at = 0; at < headLength / 2; ++at)
                for (std::size_t column = 0; column < rowLength; ++column)
                    permuted[(head * headLength + 2 * at + part) * rowLength + column]
                        = weights[(head * headLength + part * headLength / 2 + at) * rowLength + column];
    return permuted;
}

QString listed(const std::vector<TensorComparison>& comparisons)
{
    QString text;
    for (const auto& comparison : comparisons) {
        const auto typeName = [](const std::optional<TensorType>& type) { return type ? std::string(name(*type)) : std::string("-"); };
        text += QString::fromStdString(comparison.name + " " + std::string(name(comparison.result)) + " "
                                       + typeName(comparison.firstType) + " " + typeName(comparison.secondType) + "\n");
    }
    return text;
}

class TestComparison : public QObject
{
    Q_OBJECT
private slots:
    void everyResult()
    {
        TensorFiles files;
        const auto weights = normalWeights(64 * 256, 0, 1, 1);
        auto changed = weights;
        changed[1000] += 0.5f;
        const auto add = [&](const char* name, TensorType type, const std::vector<float>& values, const Shape& shape = {64, 256}) {
            return files.add(name, shape, type, values);
        };
        std::vector<float> zeros(256, 0.0f), minusZeros(256, -0.0f);
        std::vector<std::byte> unknown(64 * rowBytes(TensorType::Q8_K, 256).value());
        auto unknownChanged = unknown;
        unknownChanged[700] = std::byte{1};

        const Model first = modelOf(ModelFormat::Gguf,
                                    {add("same", TensorType::F32, weights), add("changed", TensorType::F32, weights),
                                     add("quantized", TensorType::F32, weights), add("gone", TensorType::F32, zeros, {256}),
                                     add("shape", TensorType::F32, weights), add("zeros", TensorType::F32, zeros, {256}),
                                     add("ones", TensorType::F32, zeros, {1, 1, 256}), add("wider", TensorType::F16, weights)});
        std::vector<float> halves(weights.size());
        first.tensors()[7].decodeRows(0, 64, halves.data());
        const Model second = modelOf(ModelFormat::Gguf,
                                     {add("new", TensorType::F32, zeros, {256}), add("wider", TensorType::F32, halves),
                                      add("ones", TensorType::F32, zeros, {256}), add("zeros", TensorType::F32, minusZeros, {256}),
                                      add("shape", TensorType::F32, weights, {256, 64}), add("quantized", TensorType::Q4_0, weights),
                                      add("changed", TensorType::F32, changed), add("same", TensorType::F32, weights)});
        const auto compared = compareModels(first, second, 2, {});
        QCOMPARE(listed(compared), QString("same identical F32 F32\n"
                                           "changed different F32 F32\n"
                                           "quantized different F32 Q4_0\n"
                                           "gone only-in-first F32 -\n"
                                           "shape shape-differs F32 F32\n"
                                           "zeros identical F32 F32\n"
                                           "ones identical F32 F32\n"
                                           "wider identical F16 F32\n"
                                           "new only-in-second - F32\n"));
        QCOMPARE(compared[1].error.maximumError, double(changed[1000]) - double(weights[1000]));
        const auto error = measureError(first.tensors()[2], TensorType::Q4_0, {}, {});
        QVERIFY(std::abs(compared[2].error.relativeRms() - error.total.relativeRms()) < 1e-12);
        for (const unsigned threads : {1u, 4u}) {
            const auto again = compareModels(first, second, threads, {});
            for (std::size_t index = 0; index < again.size(); ++index)
                QVERIFY(isEqual(again[index].error, compared[index].error));
        }
    }

    void typesThatAreNotDecoded()
    {
        TensorType undecoded = TensorType::Count;
        for (const TensorTypeInfo& facts : allTensorTypes())
            if (!codecFor(facts.type).canDecode() && facts.family != TypeFamily::Integer)
                undecoded = facts.type;
        if (undecoded == TensorType::Count)
            QSKIP("every type is decoded");
        TensorFiles files;
        std::vector<std::byte> bytes(rowBytes(undecoded, 1024).value() * 8);
        const auto a = files.add("w", {8, 1024}, undecoded, bytes);
        const auto same = files.add("w", {8, 1024}, undecoded, bytes);
        bytes.back() = std::byte{1};
        const auto other = files.add("w", {8, 1024}, undecoded, bytes);
        QCOMPARE(compareModels(modelOf(ModelFormat::Gguf, {a}), modelOf(ModelFormat::Gguf, {same}), 1, {})[0].result, Result::Identical);
        QCOMPARE(compareModels(modelOf(ModelFormat::Gguf, {a}), modelOf(ModelFormat::Gguf, {other}), 1, {})[0].result, Result::NotDecodable);
    }

    void nanEqualsNan()
    {
        TensorFiles files;
        auto weights = normalWeights(1000, 0, 1, 1);
        weights[10] = std::numeric_limits<float>::quiet_NaN();
        weights[20] = std::numeric_limits<float>::infinity();
        auto payload = weights;
        payload[10] = std::bit_cast<float>(0x7FC01234u);
        const auto a = files.add("w", {1000}, TensorType::F32, weights);
        const auto b = files.add("w", {1000}, TensorType::F32, payload);
        payload[20] = 1;
        const auto c = files.add("w", {1000}, TensorType::F32, payload);
        const Model first = modelOf(ModelFormat::Gguf, {a});
        QCOMPARE(compareModels(first, modelOf(ModelFormat::Gguf, {b}), 1, {})[0].result, Result::Identical);
        const auto different = compareModels(first, modelOf(ModelFormat::Gguf, {c}), 1, {})[0];
        QCOMPARE(different.result, Result::Different);
        QVERIFY(std::isinf(different.error.maximumError) && std::isinf(different.error.relativeRms()));
    }

    void ropeOrder()
    {
        const RopeOrder order{8};
        const std::vector<std::uint64_t> expected{0, 4, 1, 5, 2, 6, 3, 7, 8, 12};
        for (std::uint64_t row = 0; row < expected.size(); ++row) {
            QCOMPARE(order.toHuggingFace(row), expected[row]);
            QCOMPARE(order.toGguf(order.toHuggingFace(row)), row);
        }
    }

    void huggingFaceAgainstGguf_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("headLength");
        QTest::newRow("F32") << int(TensorType::F32) << 8 << 2 << 32;
        QTest::newRow("Q8_0") << int(TensorType::Q8_0) << 8 << 8 << 32;
        QTest::newRow("Q4_K") << int(TensorType::Q4_K) << 4 << 2 << 64;
        QTest::newRow("small heads") << int(TensorType::F16) << 3 << 1 << 4;
        QTest::newRow("many heads") << int(TensorType::F16) << 64 << 64 << 8;
    }

    void huggingFaceAgainstGguf()
    {
        QFETCH(const int, type);
        QFETCH(const int, heads);
        QFETCH(const int, kvHeads);
        QFETCH(const int, headLength);
        const auto stored = static_cast<TensorType>(type);
        const auto rowsQ = std::uint64_t(heads * headLength), rowsK = std::uint64_t(kvHeads * headLength);
        const auto q = normalWeights(rowsQ * 256, 0, 1, 1), k = normalWeights(rowsK * 256, 0, 1, 2), v = normalWeights(rowsK * 256, 0, 1, 3);
        const auto bias = normalWeights(rowsQ, 0, 1, 4);
        TensorFiles files;
        const Model folder = modelOf(ModelFormat::HuggingFace,
                                     {files.add("model.layers.0.self_attn.q_proj.weight", {rowsQ, 256}, TensorType::F32, q),
                                      files.add("model.layers.0.self_attn.q_proj.bias", {rowsQ}, TensorType::F32, bias),
                                      files.add("model.layers.0.self_attn.k_proj.weight", {rowsK, 256}, TensorType::F32, k),
                                      files.add("model.layers.0.self_attn.v_proj.weight", {rowsK, 256}, TensorType::F32, v)});
        const Model gguf = modelOf(ModelFormat::Gguf,
                                   {files.add("blk.0.attn_q.weight", {rowsQ, 256}, stored, ropePermuted(q, heads, 256)),
                                    files.add("blk.0.attn_k.weight", {rowsK, 256}, stored, ropePermuted(k, kvHeads, 256)),
                                    files.add("blk.0.attn_v.weight", {rowsK, 256}, stored, v),
                                    files.add("blk.0.attn_q.bias", {rowsQ}, TensorType::F32, ropePermuted(bias, heads, 1))},
                                   std::uint64_t(heads), std::uint64_t(kvHeads));
        for (const bool isFolderFirst : {true, false}) {
            const auto compared = isFolderFirst ? compareModels(folder, gguf, 2, {}) : compareModels(gguf, folder, 2, {});
            QCOMPARE(compared.size(), std::size_t(4));
            for (const auto& comparison : compared) {
                const bool isExact = stored == TensorType::F32 || comparison.name.find("bias") != std::string::npos;
                QCOMPARE(comparison.result, isExact ? Result::Identical : Result::Different);
                QVERIFY2(comparison.error.relativeRms() < 0.1, comparison.name.c_str());
            }
        }
        // Formats that keep the order (Qwen): nothing is reordered.
        const Model unpermuted = modelOf(ModelFormat::Gguf, {files.add("blk.0.attn_q.weight", {rowsQ, 256}, TensorType::F32, q)},
                                         std::uint64_t(heads), std::uint64_t(kvHeads));
        QCOMPARE(compareModels(unpermuted, folder, 1, {})[0].result, Result::Identical);
    }

    void expertsAgainstTheirStack()
    {
        TensorFiles files;
        const auto all = normalWeights(4 * 16 * 32, 0, 1, 1);
        std::vector<Tensor> experts;
        for (const int expert : {2, 0, 3, 1}) { // in no particular order
            const std::vector<float> one(all.begin() + expert * 512, all.begin() + (expert + 1) * 512);
            experts.push_back(files.add("model.layers.1.mlp.experts." + std::to_string(expert) + ".gate_proj.weight", {16, 32}, TensorType::F32, one));
        }
        const auto stack = files.add("blk.1.ffn_gate_exps.weight", {4, 16, 32}, TensorType::F32, all);
        const Model folder = modelOf(ModelFormat::HuggingFace, experts);
        const Model gguf = modelOf(ModelFormat::Gguf, {stack});
        QCOMPARE(listed(compareModels(gguf, folder, 1, {})), QString("blk.1.ffn_gate_exps.weight identical F32 F32\n"));
        const auto reversed = compareModels(folder, gguf, 1, {});
        QCOMPARE(reversed.size(), std::size_t(4));
        for (const auto& comparison : reversed)
            QCOMPARE(comparison.result, Result::Identical);

        const Model missing = modelOf(ModelFormat::HuggingFace, {experts[0], experts[1], experts[2]});
        QCOMPARE(listed(compareModels(gguf, missing, 1, {})), QString("blk.1.ffn_gate_exps.weight shape-differs F32 F32\n"));
        auto other = all;
        other[3 * 512 + 5] += 1; // expert 3
        const Model changed = modelOf(ModelFormat::Gguf, {files.add("blk.1.ffn_gate_exps.weight", {4, 16, 32}, TensorType::F32, other)});
        const auto perExpert = compareModels(folder, changed, 1, {});
        for (const auto& comparison : perExpert)
            QCOMPARE(comparison.result, comparison.name.find(".3.") != std::string::npos ? Result::Different : Result::Identical);
    }

    // Models that llama.cpp's own converter wrote: q and k reordered by a foreign hand.
    void convertedModels_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("gguf");
        QTest::addColumn<double>("largestError");
        QTest::newRow("F32") << "stories260K-hf" << "stories260K-f32.gguf" << 0.0;
        QTest::newRow("Q8_0") << "stories260K-hf" << "gguf-quants/stories260K-Q8_0.gguf" << 0.02;
        QTest::newRow("llama, F16") << "prose-llama-6m" << "prose-llama-6m/model-f16.gguf" << 0.001;
        QTest::newRow("qwen2, Q6_K") << "shakespeare-qwen2-1m" << "gguf-quants/shakespeare-qwen2-1m-Q6_K.gguf" << 0.04;
    }

    void convertedModels()
    {
        QUANTLATHE_NEED_SHARED_DATA(shared);
        QFETCH(const QString, folder);
        QFETCH(const QString, gguf);
        QFETCH(const double, largestError);
        const auto derived = shared / "models" / "derived";
        const auto first = openModel(derived / folder.toStdString());
        const auto second = openModel(derived / gguf.toStdString());
        int queries = 0;
        for (const auto& comparison : compareModels(*first, *second, 2, {})) {
            if (comparison.result == Result::OnlyInSecond) { // tied embeddings and rope tables are written by the converter
                QVERIFY2(comparison.name == "output.weight" || comparison.name == "rope_freqs.weight", comparison.name.c_str());
                continue;
            }
            queries += comparison.name.find("q_proj") != std::string::npos;
            QVERIFY2(comparison.result == Result::Identical || comparison.result == Result::Different,
                     (comparison.name + " " + std::string(name(comparison.result))).c_str());
            QVERIFY2(comparison.error.relativeRms() <= largestError,
                     (comparison.name + " " + std::to_string(comparison.error.relativeRms())).c_str());
        }
        QVERIFY(queries >= 4);
    }

    void cancels()
    {
        TensorFiles files;
        const auto a = files.add("w", {1000}, TensorType::F32, normalWeights(1000, 0, 1, 1));
        const auto b = files.add("x", {1000}, TensorType::F32, normalWeights(1000, 0, 1, 1));
        const Model model = modelOf(ModelFormat::Gguf, {a, b});
        StopAfter stop(1);
        VERIFY_ERROR(compareModels(model, model, 1, stop.control()), ErrorKind::Cancelled, "cancelled");
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestComparison)
#include "tst_comparison.moc"
