// SPDX-License-Identifier: GPL-3.0-or-later
// Exports with importance data: the bytes, what the file says about it, resuming.
#include "core/jobs/quantize_job.h"

#include "core/plan/presets.h"
#include "made_model.h"

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::vector<float> factors(std::size_t count, std::uint32_t seed)
{
    std::mt19937 random(seed);
    std::lognormal_distribution<float> spread(0.0F, 1.5F);
    std::vector<float> result(count);
    for (float& factor : result)
        factor = spread(random);
    return result;
}

/// Dense rows of 256 and 64, and a stack of experts of which one was never reached.
std::vector<MadeTensor> madeTensors()
{
    return {madeTensor("token_embd.weight", {100, 256}, TensorType::F32, 1), madeTensor("blk.0.attn_q.weight", {500, 256}, TensorType::F32, 2),
            madeTensor("blk.0.ffn_down.weight", {333, 64}, TensorType::F32, 3), madeTensor("blk.0.ffn_up_exps.weight", {3, 45, 256}, TensorType::F32, 4),
            madeTensor("blk.0.attn_norm.weight", {256}, TensorType::F32, 5)};
}

std::shared_ptr<const Importance> madeImportance(std::uint32_t seed = 10)
{
    Importance::Contents contents;
    contents.file = "/some/where/imatrix.gguf";
    contents.datasets = {"text.txt", "more.txt"};
    contents.chunkCount = 12;
    contents.chunkSize = 512;
    contents.entries = {{"blk.0.attn_q.weight", 256, factors(256, seed), {3}},
                        {"blk.0.ffn_down.weight", 64, factors(64, seed + 1), {3}},
                        {"blk.0.ffn_up_exps.weight", 256, factors(768, seed + 2), {2, 0, 5}}};
    return std::make_shared<const Importance>(std::move(contents));
}

QuantizeRequest requestFor(const std::filesystem::path& source, const std::filesystem::path& target, TensorType type)
{
    QuantizeRequest request;
    request.model = openModel(source);
    request.plan = planFromType(*request.model, type);
    request.target = target;
    request.importance = std::make_shared<const ImportanceMatch>(madeImportance(), request.model);
    return request;
}

} // namespace

class TestQuantizeImportance : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;

private slots:
    void initTestCase() { writeMadeGguf(m_folder / "in.gguf", madeTensors()); }

    void writesWhatTheCodecGives_data()
    {
        QTest::addColumn<int>("type");
        for (const TensorType type : {TensorType::Q4_K, TensorType::IQ2_XS, TensorType::Q4_0, TensorType::IQ4_NL, TensorType::MXFP4, TensorType::TQ2_0})
            QTest::newRow(std::string(name(type)).c_str()) << static_cast<int>(type);
    }
    void writesWhatTheCodecGives()
    {
        QFETCH(int, type);
        const auto out = m_folder / "out.gguf";
        const QuantizeRequest request = requestFor(m_folder / "in.gguf", out, static_cast<TensorType>(type));
        const QuantizeResult result = runQuantize(request, {});
        const auto model = openModel(out);
        const auto made = madeTensors();
        for (std::size_t index = 0; index < 4; ++index) {
            const Tensor& tensor = model->tensors()[index];
            const Codec& codec = codecFor(tensor.type());
            const std::uint64_t length = tensor.shape().rowLength();
            const std::size_t rowSize = *rowBytes(tensor.type(), length);
            ImportanceRows importance(request.importance->of(index));
            std::vector<std::byte> expected(rowSize);
            ErrorSums error;
            std::vector<float> rebuilt(length);
            for (std::uint64_t row = 0; row < tensor.shape().rowCount(); ++row) {
                const float* weights = made[index].weights.data() + row * length;
                codec.encodeRow(weights, importance.of(row), length, codec.defaults(), expected.data());
                QVERIFY2(std::equal(expected.begin(), expected.end(), tensor.bytes().begin() + static_cast<std::ptrdiff_t>(row * rowSize)),
                         (tensor.name() + " row " + std::to_string(row)).c_str());
                codec.decode(expected.data(), rebuilt.data(), length);
                error.add(sumsOf(weights, rebuilt.data(), length, importance.of(row)));
            }
            QCOMPARE(result.tensors[index].isWeighted, index > 0);
            QVERIFY(std::abs(result.tensors[index].error.weightedError - error.weightedError) <= 1e-9 * error.weightedError);
            QVERIFY(std::abs(result.tensors[index].error.squaredError - error.squaredError) <= 1e-9 * error.squaredError);
        }
        QVERIFY(!result.tensors[4].isWeighted);

        // The same bytes for any number of threads and any memory.
        const auto bytes = readBytes(out);
        for (const unsigned threads : {1u, 3u}) {
            QuantizeRequest again = request;
            again.threads = threads;
            again.maximumMemoryBytes = 8u << 20;
            again.measureError = threads == 1;
            again.target = m_folder / "again.gguf";
            runQuantize(again, {});
            QCOMPARE(readBytes(m_folder / "again.gguf"), bytes);
        }
        // And others than without importance.
        QuantizeRequest plain = request;
        plain.importance.reset();
        plain.target = m_folder / "plain.gguf";
        const QuantizeResult without = runQuantize(plain, {});
        QVERIFY(!without.tensors[1].isWeighted && !without.tensors[1].error.isWeighted());
        const auto other = openModel(m_folder / "plain.gguf");
        QVERIFY(!std::equal(other->tensors()[1].bytes().begin(), other->tensors()[1].bytes().end(), model->tensors()[1].bytes().begin()));
        QVERIFY(std::equal(other->tensors()[0].bytes().begin(), other->tensors()[0].bytes().end(), model->tensors()[0].bytes().begin()));
    }

    void theFileSaysSo()
    {
        const auto out = m_folder / "keys.gguf";
        QuantizeRequest request = requestFor(m_folder / "in.gguf", out, TensorType::Q8_0);
        runQuantize(request, {});
        const auto model = openModel(out);
        QCOMPARE(model->metadata().string("quantize.imatrix.file"), std::optional<std::string>("imatrix.gguf"));
        QCOMPARE(model->metadata().string("quantize.imatrix.dataset"), std::optional<std::string>("text.txt"));
        QVERIFY(model->metadata().find("quantize.imatrix.entries_count")->type == MetadataType::U32);
        QCOMPARE(model->metadata().unsignedInteger("quantize.imatrix.entries_count"), std::optional<std::uint64_t>(3));
        QCOMPARE(model->metadata().unsignedInteger("quantize.imatrix.chunks_count"), std::optional<std::uint64_t>(12));
        request.importance.reset();
        request.target = m_folder / "no keys.gguf";
        runQuantize(request, {});
        QVERIFY(!openModel(request.target)->metadata().find("quantize.imatrix.file"));
    }

    void floatsAreNotWeighted()
    {
        const auto result = runQuantize(requestFor(m_folder / "in.gguf", m_folder / "f16.gguf", TensorType::F16), {});
        QVERIFY(!result.tensors[1].isWeighted);
    }

    void anotherModelsMatchIsRefused()
    {
        QuantizeRequest request = requestFor(m_folder / "in.gguf", m_folder / "other.gguf", TensorType::Q4_K);
        request.model = openModel(m_folder / "in.gguf");
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::InvalidArgument, "the importance data were matched with another model");
    }

    void onlyTheSameDataResume()
    {
        const auto out = m_folder / "resumed.gguf";
        QuantizeRequest request = requestFor(m_folder / "in.gguf", out, TensorType::Q4_K);
        std::stop_source stop;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            if (done > total / 2)
                stop.request_stop();
        });
        VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "");
        QVERIFY(canResume(request));
        QuantizeRequest other = request;
        other.importance = std::make_shared<const ImportanceMatch>(madeImportance(99), request.model);
        QVERIFY(!canResume(other));
        other.importance.reset();
        QVERIFY(!canResume(other));
        request.resume = true;
        const QuantizeResult result = runQuantize(request, {});
        QVERIFY(result.resumedBytes > 0);
        QVERIFY(result.error.weightedError > 0);
        const auto whole = m_folder / "whole.gguf";
        QuantizeRequest fresh = requestFor(m_folder / "in.gguf", whole, TensorType::Q4_K);
        const QuantizeResult expected = runQuantize(fresh, {});
        QCOMPARE(readBytes(out), readBytes(whole));
        QCOMPARE(result.error.weightedError, expected.error.weightedError);
    }
};

QTEST_APPLESS_MAIN(TestQuantizeImportance)
#include "tst_quantize_importance.moc"
