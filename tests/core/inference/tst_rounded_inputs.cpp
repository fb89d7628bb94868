// SPDX-License-Identifier: GPL-3.0-or-later
// What W8A8 and FP8 engines do to the inputs of matrices: exact small examples, what folders and plans ask for, and that the forward pass does it.
#include "core/inference/rounded_inputs.h"
#include "core/formats/open.h"
#include "core/inference/forward_layer.h"
#include "core/inference/text_windows.h"
#include "core/types/small_floats.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

std::vector<float> rounded(ActivationRounding rounding, std::vector<float> values)
{
    roundActivations(rounding, values.data(), values.size(), values.data());
    return values;
}

std::vector<float> logitsOf(const WeightSource& weights, const std::shared_ptr<const Network>& network)
{
    const ForwardPass pass(network);
    TokenBatch batch;
    const std::vector<TokenId> tokens{1, 5, 9, 13, 2, 7, 40, 3};
    batch.append(tokens);
    HiddenStates hidden = pass.embed(weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, weights), batch, hidden);
    std::vector<float> logits(hidden.tokens() * network->vocabularySize);
    pass.logits(*pass.loadOutput(weights), hidden.values.data(), hidden.tokens(), logits.data());
    return logits;
}

std::size_t count(const InputRoundings& roundings, ActivationRounding rounding)
{
    return static_cast<std::size_t>(std::count(roundings.begin(), roundings.end(), rounding));
}

} // namespace

class TestRoundedInputs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// By hand: the largest magnitude is 12.7 = 127 steps of 0.1 (and -25.4 of 0.2).
    void integersPerToken()
    {
        const float step = 12.7F / 127;
        const std::vector<float> wanted{127 * step, 3 * step, -10 * step, 0, 0, -64 * step};
        const auto got = rounded(ActivationRounding::TokenIntegers, {12.7F, 0.34F, -0.96F, 0.04F, -0.049F, -6.4F});
        for (std::size_t index = 0; index < wanted.size(); ++index)
            QVERIFY2(std::fabs(got[index] - wanted[index]) < 1e-6F, std::to_string(index).c_str());
        QCOMPARE(rounded(ActivationRounding::TokenIntegers, {0, 0, 0}), (std::vector<float>{0, 0, 0}));
        // A row is one token, however long: no blocks.
        std::vector<float> row(300, 1.0F);
        row[299] = 254;
        QCOMPARE(rounded(ActivationRounding::TokenIntegers, row)[0], 0.0F); // half a step, to even
        row[0] = 1.1F;
        QCOMPARE(rounded(ActivationRounding::TokenIntegers, row)[0], 2.0F);
    }

    /// With the largest at 448 the scale is 1 and every number goes to the nearest that exists.
    void floatsPerToken()
    {
        std::vector<float> numbers;
        for (unsigned bits = 0; bits < 0x7F; ++bits)
            numbers.push_back(e4m3ToFloat(static_cast<std::uint8_t>(bits)));
        QCOMPARE(rounded(ActivationRounding::TokenFloats, numbers), numbers);
        for (std::size_t index = 0; index + 1 < numbers.size(); ++index) {
            const float low = numbers[index];
            const float high = numbers[index + 1];
            const float middle = (low + high) / 2;
            const auto got = rounded(ActivationRounding::TokenFloats, {448, middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 1e9F), -middle});
            const float even = index % 2 == 0 ? low : high;
            QCOMPARE(got, (std::vector<float>{448, even, low, high, -even}));
        }
        QCOMPARE(rounded(ActivationRounding::TokenFloats, {0, 0}), (std::vector<float>{0, 0}));
    }

    void floatsPer128()
    {
        std::vector<float> row(256, 17.0F);
        row[0] = 448;   // of the first 128: step 2 between 16 and 32, 17 to the even 16
        row[128] = 224; // scale 1/2: 34, step 4 between 32 and 64, 34 to the even 32
        const auto got = rounded(ActivationRounding::Floats128, row);
        QCOMPARE(got[1], 16.0F);
        QCOMPARE(got[129], 16.0F);
        row[128] = 448 * 1.5F; // 17 / 1.5 = 11.33, step 1
        QCOMPARE(rounded(ActivationRounding::Floats128, row)[129], 16.5F);
        QCOMPARE(rounded(ActivationRounding::Floats128, row)[1], 16.0F);
    }

    void foldersSaySo()
    {
        const auto of = [](const char* folder) { return storedInputRoundings(*openModel(fixture(std::string("quantized/") + folder))); };
        QCOMPARE(count(of("ct-int8"), ActivationRounding::TokenIntegers), std::size_t{7});
        QCOMPARE(count(of("ct-fp8-channel"), ActivationRounding::TokenFloats), std::size_t{7});
        // Scales that are stored, blocks that no engine has kernels for, weights alone.
        for (const char* folder : {"ct-fp8-tensor", "fp8", "fp8-block", "ct-w8", "ct-w4", "gptq-4"}) {
            const auto roundings = of(folder);
            QCOMPARE(count(roundings, ActivationRounding::None), roundings.size());
            QVERIFY(sentenceOf(roundings).empty());
        }
        QCOMPARE(sentenceOf(of("ct-int8")), std::string("The inputs of 7 matrices are rounded to 8-bit integers, a scale for each token, as engines do"));
    }

    void plansSaySo()
    {
        const auto model = openModel(fixture("inference/hf/llama"));
        Plan plan;
        plan.target = Target::CompressedTensors;
        const auto set = [&](const char* name, const Scheme& scheme) { plan.setChoice(std::string("model.layers.0.") + name + ".weight", Choice{TensorType::F16, Method::RoundToNearest, scheme}); };
        set("self_attn.q_proj", GroupScheme{8, 0, true});
        set("self_attn.k_proj", GroupScheme{8, 32, true});
        set("self_attn.v_proj", FloatScheme{FloatCode::E4M3, 1, 0});
        set("self_attn.o_proj", FloatScheme{FloatCode::E4M3, 128, 128});
        set("mlp.up_proj", FloatScheme{FloatCode::E4M3, 0, 0});
        set("mlp.down_proj", FloatScheme{FloatCode::Nf4, 1, 32});
        const InputRoundings weightsOnly = plannedInputRoundings(*model, plan, false);
        QCOMPARE(count(weightsOnly, ActivationRounding::TokenIntegers), std::size_t{0});
        const InputRoundings all = plannedInputRoundings(*model, plan, true);
        QCOMPARE(count(all, ActivationRounding::TokenIntegers), std::size_t{1});
        QCOMPARE(count(all, ActivationRounding::TokenFloats), std::size_t{2});
        QCOMPARE(count(all, ActivationRounding::Floats128), std::size_t{1});
        QCOMPARE(all[*model->indexOf("model.layers.0.self_attn.q_proj.weight")], ActivationRounding::TokenIntegers);
        QCOMPARE(sentenceOf(all), std::string("The inputs of 1 matrices are rounded to 8-bit integers, a scale for each token; those of 2 matrices are rounded to 8-bit floats, "
                                              "a scale for each token; those of 1 matrices are rounded to 8-bit floats, a scale for each 128 inputs, as engines do"));
    }

    /// The product itself: of the rounded inputs, and with those of a neighbour that are as they were.
    void productsAreOfRoundedInputs()
    {
        const auto model = openModel(fixture("inference/hf/llama"));
        const auto network = makeNetwork(model);
        InputRoundings roundings(model->tensors().size(), ActivationRounding::None);
        const Linear& query = network->layers[0].attention.query;
        const Linear& key = network->layers[0].attention.key;
        roundings[query.tensor] = ActivationRounding::TokenIntegers;
        const auto stored = storedWeights(model);
        const auto weights = withRoundedInputs(stored, roundings);
        QVERIFY(!weights->isAsStored(query.tensor) && weights->isAsStored(key.tensor));
        const auto pool = std::make_shared<BufferPool>(1u << 20);
        const RunControl control;
        MatrixLoader loader(*weights, *pool, 1, false, control);
        MatrixLoader plain(*stored, *pool, 1, false, control);
        const LoadedMatrix queries = loader.load(query, true);
        const LoadedMatrix keys = loader.load(key, true);
        const LoadedMatrix exact = plain.load(query, true);
        constexpr std::uint64_t tokens = 3;
        std::vector<float> x(tokens * query.inputs);
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        std::generate(x.begin(), x.end(), [&] { return normal(random); });
        std::vector<float> y(tokens * query.outputs), z(tokens * key.outputs), wanted(y.size()), unrounded(y.size());
        const Product both[] = {{&queries, y.data(), query.outputs}, {&keys, z.data(), key.outputs}};
        multiply(both, x.data(), query.inputs, tokens, 1, control);
        std::vector<float> step(x);
        for (std::uint64_t token = 0; token < tokens; ++token)
            roundActivations(ActivationRounding::TokenIntegers, x.data() + token * query.inputs, query.inputs, step.data() + token * query.inputs);
        const Product one[] = {{&exact, wanted.data(), query.outputs}};
        multiply(one, step.data(), query.inputs, tokens, 1, control);
        QVERIFY(y == wanted);
        const Product without[] = {{&exact, unrounded.data(), query.outputs}};
        multiply(without, x.data(), query.inputs, tokens, 1, control);
        QVERIFY(y != unrounded);
    }

    void modelsComputeOtherwise()
    {
        const auto model = openModel(fixture("quantized/ct-int8"));
        const auto network = makeNetwork(model);
        const auto exact = logitsOf(*storedWeights(model), network);
        const auto nothing = withRoundedInputs(storedWeights(model), InputRoundings(model->tensors().size(), ActivationRounding::None));
        QVERIFY(logitsOf(*nothing, network) == exact);
        const auto asEngines = logitsOf(*withRoundedInputs(storedWeights(model), storedInputRoundings(*model)), network);
        double error = 0, size = 0;
        for (std::size_t index = 0; index < exact.size(); ++index) {
            error += std::pow(asEngines[index] - exact[index], 2);
            size += std::pow(exact[index], 2);
        }
        const double relative = std::sqrt(error / size);
        QVERIFY2(relative > 1e-4 && relative < 0.05, std::to_string(relative).c_str());
    }

    void names()
    {
        QCOMPARE(name(ActivationRounding::TokenIntegers), std::string_view("int8-per-token"));
        QCOMPARE(name(ActivationRounding::TokenFloats), std::string_view("fp8-per-token"));
        QCOMPARE(name(ActivationRounding::Floats128), std::string_view("fp8-per-128"));
        QCOMPARE(name(ActivationRounding::None), std::string_view("none"));
        QCOMPARE(name(ActivationRounding::Half), std::string_view("f16"));
        QCOMPARE(name(ActivationRounding::Bfloat16), std::string_view("bf16"));
        QCOMPARE(name(ActivationRounding::Blocks32), std::string_view("int8-per-32"));
        QCOMPARE(name(ActivationRounding::Blocks256), std::string_view("int8-per-256"));
    }
};

QTEST_APPLESS_MAIN(TestRoundedInputs)
#include "tst_rounded_inputs.moc"
