// SPDX-License-Identifier: GPL-3.0-or-later
// What a method made of a folder's matrices stands in the GGUF that is written from it, however the folder stores them: turned, fused, stacked, in turns.
#include "core/inference/buffer_pool.h"
#include "core/inference/loaded_matrix.h"
#include "core/formats/open.h"
#include "core/convert/method_source.h"
#include "core/jobs/folder_job.h"
#include "core/jobs/quantize_job.h"
#include "core/methods/input_moments.h"
#include "core/methods/quantize_layers.h"
#include "core/methods/scheme_plan.h"
#include "support/folder_models.h"
#include "support/test_support.h"

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

TokenBatch someTokens(std::uint64_t vocabulary)
{
    TokenBatch batch;
    for (std::uint32_t sequence = 0; sequence < 8; ++sequence) {
        std::vector<TokenId> tokens;
        for (std::uint32_t token = 0; token < 40; ++token)
            tokens.push_back(static_cast<TokenId>((token * token * 31 + sequence * 17 + token) % vocabulary));
        batch.append(tokens);
    }
    return batch;
}

std::vector<const Linear*> matricesOf(const Network& network)
{
    std::vector<const Linear*> all;
    for (const NetworkLayer& layer : network.layers) {
        for (const LayerStep step : {LayerStep::AttentionInputs, LayerStep::Attended, LayerStep::FeedForwardInputs, LayerStep::Inner}) {
            for (const InputGroup& group : inputGroups(layer, step))
                all.insert(all.end(), group.matrices.begin(), group.matrices.end());
        }
    }
    return all;
}

std::vector<float> weightsOf(const WeightSource& source, const Linear& linear)
{
    const auto pool = std::make_shared<BufferPool>(std::uint64_t{1} << 20);
    const RunControl control;
    const LoadedMatrix matrix = MatrixLoader(source, *pool, 1, false, control).load(linear, true);
    return {matrix.expanded.data(), matrix.expanded.data() + linear.outputs * linear.inputs};
}

/// Squared distance of the last hidden states, relative to the first ones.
double distanceOf(const std::shared_ptr<const Network>& one, const WeightSource& oneWeights, const std::shared_ptr<const Network>& other, const WeightSource& otherWeights)
{
    const TokenBatch batch = someTokens(one->vocabularySize);
    const auto run = [&](const std::shared_ptr<const Network>& network, const WeightSource& weights) {
        const ForwardPass pass(network);
        HiddenStates hidden = pass.embed(weights, batch);
        for (std::size_t layer = 0; layer < network->layers.size(); ++layer)
            pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden);
        return hidden.values;
    };
    const std::vector<float> first = run(one, oneWeights);
    const std::vector<float> second = run(other, otherWeights);
    double difference = 0;
    double energy = 0;
    for (std::size_t index = 0; index < first.size(); ++index) {
        difference += (double{first[index]} - second[index]) * (double{first[index]} - second[index]);
        energy += double{first[index]} * first[index];
    }
    return difference / energy;
}

} // namespace

class TestCalibratedExport : public QObject
{
    Q_OBJECT

private slots:
    void everyMatrixArrives_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"gpt2", "gpt-oss", "phi3", "qwen2moe"})
            QTest::newRow(name) << name;
    }
    void everyMatrixArrives()
    {
        QFETCH(QString, name);
        FolderModel folder("inference/hf/" + name.toStdString());
        LayerRequest request;
        const auto model = openModel(folder.write());
        request.network = makeNetwork(model);
        Plan types;
        for (const Tensor& tensor : model->tensors())
            types.setChoice(tensor.name(), Choice{TensorType::Q4_0});
        request.plan = withMethod(*model, types, Method::Gptq);
        request.calibration = someTokens(request.network->vocabularySize);
        const QuantizedLayers made = quantizeLayers(request);

        QuantizeRequest job;
        job.model = model;
        job.plan = request.plan;
        job.calibrated = made.journal;
        job.target = folder.scratch / "out.gguf";
        const QuantizeResult result = runQuantize(job, {});
        std::size_t calibrated = 0;
        for (const TensorResult& tensor : result.tensors)
            calibrated += tensor.isCalibrated ? 1 : 0;
        QVERIFY(calibrated >= 3 * request.network->layers.size());

        const auto written = openModel(job.target);
        const auto network = makeNetwork(written);
        const auto stored = storedWeights(written);
        const auto ours = matricesOf(*request.network);
        const auto theirs = matricesOf(*network);
        QCOMPARE(theirs.size(), ours.size());
        std::size_t compared = 0;
        std::size_t rounded = 0;
        for (std::size_t index = 0; index < ours.size(); ++index) {
            if (ours[index]->inputs % 32 != 0) // no rows of blocks
                continue;
            ++compared;
            QCOMPARE(stored->type(theirs[index]->tensor), TensorType::Q4_0);
            const auto weights = weightsOf(*stored, *theirs[index]);
            QVERIFY2(weights == weightsOf(*made.weights, *ours[index]), qPrintable(QString::fromStdString(written->tensors()[theirs[index]->tensor].name())));
            rounded += weights == weightsOf(*plannedWeights(model, types), *ours[index]) ? 1 : 0;
        }
        // A method other than rounding made them; experts that few tokens reached are rounded.
        QVERIFY2(rounded <= (request.network->layers.front().experts ? compared / 2 : 0), qPrintable(QString::number(rounded)));

        // Without what the method made, the plan is refused.
        job.calibrated = nullptr;
        job.target = folder.scratch / "again.gguf";
        VERIFY_ERROR(runQuantize(job, {}), ErrorKind::Unsupported, "gptq");
    }

    void folderFromGguf_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("method");
        for (const char* name : {"llama", "llama-bias", "gemma2", "mixtral", "qwen2moe", "qwen3", "smollm3"}) {
            for (const Method method : {Method::Gptq, Method::Awq, Method::SmoothQuant})
                QTest::addRow("%s %s", name, std::string(quantlathe::name(method)).c_str()) << name << int(method);
        }
    }
    // The folder computes what the method left in the GGUF's order: rows of heads, experts of a stack, norms with and without offset.
    void folderFromGguf()
    {
        QFETCH(QString, name);
        QFETCH(int, method);
        const ScratchFolder scratch;
        const auto model = openModel(fixture("inference/gguf/" + name.toStdString() + ".gguf"));
        Choice choice{TensorType::F16, static_cast<Method>(method), GroupScheme{8, 0, true, TensorType::BF16, false}};
        LayerRequest request;
        request.network = makeNetwork(model);
        request.plan = uniformFolderPlan(folderContents(model), Target::CompressedTensors, choice);
        request.calibration = someTokens(request.network->vocabularySize);
        QuantizedLayers made = quantizeLayers(request);
        const auto weights = made.weights;

        FolderRequest job;
        job.model = model;
        job.plan = request.plan;
        job.source = std::make_shared<MethodSource>(model, std::move(made), "method");
        job.target = scratch / "out";
        const FolderResult result = runFolderExport(job, {});
        std::size_t matrices = 0;
        for (const FolderTensorResult& tensor : result.tensors)
            matrices += tensor.scheme.empty() ? 0 : 1;
        QVERIFY(matrices >= 4 * request.network->layers.size());

        const auto written = openModel(job.target);
        const auto network = makeNetwork(written);
        const auto stored = storedWeights(written);
        const double fromMethod = distanceOf(request.network, *weights, network, *stored);
        const double fromOriginal = distanceOf(request.network, *storedWeights(model), network, *stored);
        // Norms that took up scales are bfloat16 in the folder; without them only sums round otherwise.
        QVERIFY2(fromMethod < (method == int(Method::Gptq) ? 1e-6 : 0.3 * fromOriginal), qPrintable(QString("%1 of the method, %2 of the original").arg(fromMethod).arg(fromOriginal)));
        QVERIFY2(fromOriginal > 1e-7 && fromOriginal < 0.03, qPrintable(QString::number(fromOriginal)));
    }

    // Blocks of rows that the folder's order would tear apart are refused, whole rows follow it.
    void floatsInAnotherOrder()
    {
        const auto model = openModel(fixture("inference/gguf/llama.gguf"));
        for (const std::uint64_t rows : {1, 4, 0}) {
            const ScratchFolder scratch;
            FolderRequest job;
            job.model = model;
            job.target = scratch / "out";
            const Choice choice{TensorType::F16, Method::Gptq, FloatScheme{FloatCode::E4M3, rows, rows == 4 ? std::uint64_t(32) : 0, TensorType::BF16}};
            LayerRequest request;
            request.network = makeNetwork(model);
            job.plan = uniformFolderPlan(folderContents(model), Target::CompressedTensors, choice);
            request.plan = job.plan;
            request.calibration = someTokens(request.network->vocabularySize);
            QuantizedLayers made = quantizeLayers(request);
            const FolderContents contents = folderContents(model);
            MethodSource source(model, std::move(made), "method");
            for (const FolderTensor& tensor : contents.tensors) {
                if (!tensor.weights.name().ends_with("q_proj.weight"))
                    continue;
                if (rows == 4) {
                    VERIFY_ERROR(source.quantize({tensor, choice, 0, 1}, {}), ErrorKind::Unsupported, "in another order here");
                    continue;
                }
                const auto matrix = std::get<FloatQuantized>(source.quantize({tensor, choice, 0, 1}, {}));
                matrix.check();
                // As rounded from the folder's rows.
                QVERIFY(matrix == std::get<FloatQuantized>(RoundedSource().quantize({tensor, choice, 0, 1}, {})));
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestCalibratedExport)
#include "tst_calibrated_export.moc"
