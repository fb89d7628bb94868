// SPDX-License-Identifier: GPL-3.0-or-later
// What a method made of a folder's matrices stands in the GGUF that is written from it, however the folder stores them: turned, fused, stacked, in turns.
#include "core/inference/buffer_pool.h"
#include "core/inference/loaded_matrix.h"
#include "core/formats/open.h"
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
};

QTEST_APPLESS_MAIN(TestCalibratedExport)
#include "tst_calibrated_export.moc"
