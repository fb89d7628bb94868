// SPDX-License-Identifier: GPL-3.0-or-later
// Fitting models: exact sizes, constraints, presets never better, device budgets, the trade-off curve.
#include "core/budget/trade_off.h"
#include "core/formats/open.h"
#include "core/jobs/export_layout.h"
#include "core/jobs/quantize_job.h"
#include "core/plan/presets.h"
#include "fit_test_support.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <cmath>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

const LlamaShape llama70b{"llama", 80, 8192, 28672, 64, 8, 128256};
const LlamaShape qwenHalf{"qwen2", 24, 896, 4864, 14, 2, 151936, true, true}; // rows of 896: no multiple of 256
const LlamaShape mixtral{"llama", 32, 4096, 14336, 32, 8, 32000, false, false, 8};

/// A model with all that a fit asks for.
struct Bench
{
    std::shared_ptr<const Model> model;
    std::shared_ptr<const MemoryModel> memory;
    ErrorTable errors;
    DamageWeights weights;

    explicit Bench(std::shared_ptr<const Model> opened, std::optional<ErrorTable> table = std::nullopt)
        : model(std::move(opened)), memory(std::make_shared<const MemoryModel>(*model)),
          errors(table ? *table : measuredErrors(model)), weights(proxyWeights(*model))
    {
    }
    [[nodiscard]] FitProblem problem(const FitConstraints& constraints = {}, const Plan& base = {},
                                     FitMeasure measure = FitMeasure::FileBytes) const
    {
        return FitProblem(model, memory, errors, weights, constraints, base, measure);
    }
    [[nodiscard]] TensorType written(const Plan& plan, std::size_t tensor) const { return effectiveChoice(*model, tensor, plan).type; }
    [[nodiscard]] std::size_t indexOf(std::string_view name) const { return model->indexOf(name).value(); }
};

} // namespace

class TestFit : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    Bench m_sample{openModel(resource("sample/quantlathe-sample-f16.gguf"))};
    Bench m_large = hollow(llama70b);

    Bench hollow(const LlamaShape& shape)
    {
        const auto model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));
        return Bench(model, modelledErrors(*model));
    }

    /// Every preset that the constraints allow, at its own size.
    static void verifyAgainstPresets(const Bench& bench, const FitConstraints& constraints, std::size_t atLeast)
    {
        const FitProblem problem = bench.problem(constraints);
        const TradeOff curve = tradeOff(problem, {}, {1, 17, 64});
        std::size_t compared = 0;
        for (const PresetPoint& preset : curve.presets) {
            if (!preset.isAllowed)
                continue;
            ++compared;
            const FitResult fit = problem.fitBytes(preset.result.fileBytes);
            QVERIFY(fit.fileBytes <= preset.result.fileBytes);
            QVERIFY2(fit.damage <= preset.result.damage, preset.id.data());
            const auto ratio = damageAgainstCurve(curve, preset.result);
            QVERIFY2(ratio && *ratio <= 1, preset.id.data());
        }
        QVERIFY2(compared >= atLeast, qPrintable(QString::number(compared)));
    }

private slots:
    void fileSizeIsExact_data()
    {
        QTest::addColumn<double>("bits");
        for (const double bits : {3.0, 4.5, 6.1, 9.0, 16.0})
            QTest::addRow("%.1f bits", bits) << bits;
    }
    void fileSizeIsExact()
    {
        QFETCH(double, bits);
        const FitProblem problem = m_sample.problem();
        const FitResult fit = problem.fitBitsPerWeight(bits);
        QVERIFY(fit.bitsPerWeight <= bits);
        QVERIFY2(bits > 15 || fit.bitsPerWeight > bits - 0.05, qPrintable(QString::number(fit.bitsPerWeight)));
        QVERIFY(fit.gap() < 0.005);
        QCOMPARE(m_sample.memory->estimate(fit.plan, {}, nullptr).fileBytes, fit.fileBytes);
        QCOMPARE(m_sample.memory->estimate(fit.plan, {}, nullptr).weightBytes, fit.deviceBytes);
        QuantizeRequest request;
        request.model = m_sample.model;
        request.plan = fit.plan;
        request.target = m_folder / "fit.gguf";
        request.measureError = false;
        runQuantize(request, {});
        QCOMPARE(std::filesystem::file_size(request.target), fit.fileBytes);
        QCOMPARE(problem.evaluate(fit.plan)->damage, fit.damage);
    }

    // A folder's header does not exist yet: it is made to be counted.
    void fileSizeOfAFolder()
    {
        const auto model = openModel(resource("sample"));
        QVERIFY(model->format() == ModelFormat::HuggingFace);
        const auto header = exportHeaderBytes(model);
        QVERIFY(header);
        const auto memory = std::make_shared<const MemoryModel>(*model, header);
        const FitProblem problem(model, memory, modelledErrors(*model), proxyWeights(*model), {}, {});
        const FitResult fit = problem.fitBytes(2'100'000);
        QuantizeRequest request;
        request.model = model;
        request.plan = fit.plan;
        request.target = m_folder / "folder.gguf";
        request.measureError = false;
        runQuantize(request, {});
        QCOMPARE(std::filesystem::file_size(request.target), fit.fileBytes);
        QVERIFY(fit.fileBytes <= 2'100'000 && fit.fileBytes > 2'050'000);
        // Only what can be exported has a header.
        QVERIFY(!exportHeaderBytes(openModel(fixture("safetensors/shapes.safetensors"))));
    }

    void sizesWithFallbacks_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"rows of 896", "stacked experts", "separate experts"})
            QTest::addRow("%s", kind) << kind;
    }
    void sizesWithFallbacks()
    {
        QFETCH(QString, kind);
        std::shared_ptr<const Model> model;
        if (kind == "separate experts")
            model = openModel(fixture("hf/qwen3_moe"));
        else
            model = hollow(kind == "rows of 896" ? qwenHalf : mixtral).model;
        const Bench bench(model, modelledErrors(*model));
        const FitProblem problem = bench.problem();
        for (const double part : {0.0, 0.1, 0.4, 0.8}) {
            const auto size = problem.smallestBytes()
                + static_cast<std::uint64_t>(part * static_cast<double>(problem.largestUsefulBytes() - problem.smallestBytes()));
            const FitResult fit = problem.fitBytes(size);
            QVERIFY(fit.fileBytes <= size);
            QVERIFY(fit.gap() < 0.005);
            const MemoryEstimate estimate = bench.memory->estimate(fit.plan, {}, nullptr);
            QCOMPARE(estimate.fileBytes, fit.fileBytes);
            QCOMPARE(estimate.weightBytes, fit.deviceBytes);
            QCOMPARE(estimate.hostWeightBytes, fit.hostBytes);
        }
    }

    void smallestSizeIsSaid()
    {
        const FitProblem problem = m_sample.problem();
        const std::string smallest = "the smallest possible is " + std::to_string(problem.smallestBytes()) + " bytes";
        VERIFY_ERROR(problem.fitBytes(problem.smallestBytes() - 1), ErrorKind::InvalidArgument, smallest);
        VERIFY_ERROR(problem.fitBytes(0), ErrorKind::InvalidArgument, smallest);
        VERIFY_ERROR(problem.fitBitsPerWeight(0.5), ErrorKind::InvalidArgument, smallest);
        VERIFY_ERROR(problem.fitBitsPerWeight(-1), ErrorKind::InvalidArgument, "no budget");
        VERIFY_ERROR(problem.fitBitsPerWeight(std::nan("")), ErrorKind::InvalidArgument, "no budget");
        const FitResult least = problem.fitBytes(problem.smallestBytes());
        QCOMPARE(least.fileBytes, problem.smallestBytes());
        // All the room there is: nothing is changed, nothing is lost.
        const FitResult all = problem.fitBytes(std::numeric_limits<std::uint64_t>::max());
        QCOMPARE(all.damage, 0.0);
        QCOMPARE(all.plan, Plan());
    }

    void errorLimit()
    {
        const FitProblem problem = m_sample.problem();
        const FitResult four = problem.fitBitsPerWeight(4.5);
        const FitResult fit = problem.fitDamage(four.damage);
        QVERIFY(fit.damage <= four.damage * (1 + 1e-12));
        QVERIFY(fit.fileBytes <= four.fileBytes);
        QVERIFY(fit.fileBytes + 100000 > four.fileBytes);
        QCOMPARE(problem.fitDamage(1.0).fileBytes, problem.smallestBytes());
        QCOMPARE(problem.fitDamage(0).damage, 0.0);
        FitConstraints constraints;
        constraints.allowed = {Q4_K, Q8_0};
        VERIFY_ERROR(m_sample.problem(constraints).fitDamage(1e-9), ErrorKind::InvalidArgument, "the least possible is");
        QCOMPARE(std::round(decibelsOfDamage(damageOfDecibels(41.5)) * 1000), 41500.0);
        QCOMPARE(damageOfRelativeRms(relativeRmsOfDamage(0.25)), 0.25);
    }

    void presetsAreNeverBetter_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"sample", "prose", "Llama 70B", "Mixtral", "Qwen 0.5B"})
            QTest::addRow("%s", kind) << kind;
    }
    void presetsAreNeverBetter()
    {
        QFETCH(QString, kind);
        FitConstraints everything; // all that presets use, so that all of them compete
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (isTargetType(type.type) && type.type != F32)
                everything.allowed.push_back(type.type);
        }
        everything.agreement.gateUp = false;
        if (kind == "prose") {
            QUANTLATHE_NEED_SHARED_DATA(data);
            const Bench prose(openModel(data / "models/derived/prose-llama-6m/model-f16.gguf"));
            verifyAgainstPresets(prose, {}, 8);
            verifyAgainstPresets(prose, everything, 25);
            return;
        }
        const Bench bench = kind == "sample" ? m_sample : kind == "Llama 70B" ? m_large : hollow(kind == "Mixtral" ? mixtral : qwenHalf);
        verifyAgainstPresets(bench, {}, 8);
        verifyAgainstPresets(bench, everything, 25);
    }

    void allowedTypes()
    {
        FitConstraints constraints;
        constraints.allowed = {Q4_K, Q6_K};
        const FitProblem problem = m_sample.problem(constraints);
        const FitResult fit = problem.fitBitsPerWeight(5);
        std::set<TensorType> used;
        for (std::size_t tensor = 0; tensor < m_sample.model->tensors().size(); ++tensor) {
            if (isQuantizable(m_sample.model->tensors()[tensor], m_sample.model->place(tensor)))
                used.insert(m_sample.written(fit.plan, tensor));
        }
        QCOMPARE(used, (std::set<TensorType>{Q4_K, Q6_K}));
        constraints.allowed = {Q8_K};
        VERIFY_ERROR(m_sample.problem(constraints), ErrorKind::InvalidArgument, "cannot be written as Q8_K");
        for (const TensorType type : defaultFitTypes())
            QVERIFY(!info(type).needsImportance);
    }

    void minimums()
    {
        FitConstraints constraints;
        constraints.minimumByRole[TensorRole::AttentionValue] = Q6_K;
        constraints.minimumByName.emplace_back("blk\\.0\\.ffn_down", Q8_0);
        const FitProblem problem = m_sample.problem(constraints);
        const FitResult fit = problem.fitBytes(problem.smallestBytes());
        for (int layer = 0; layer < 4; ++layer) {
            QVERIFY(m_sample.written(fit.plan, m_sample.indexOf("blk." + std::to_string(layer) + ".attn_v.weight")) == Q6_K);
            QVERIFY(m_sample.written(fit.plan, m_sample.indexOf("blk." + std::to_string(layer) + ".attn_k.weight")) == Q2_K);
        }
        QVERIFY(m_sample.written(fit.plan, m_sample.indexOf("blk.0.ffn_down.weight")) == Q8_0);
        QVERIFY(m_sample.written(fit.plan, m_sample.indexOf("blk.1.ffn_down.weight")) == Q2_K);
        constraints.allowed = {Q4_K};
        VERIFY_ERROR(m_sample.problem(constraints), ErrorKind::InvalidArgument, "none of the allowed types");
    }

    void agreement()
    {
        const auto differing = [this](const Bench& bench, const FitConstraints& constraints, std::string_view first, std::string_view second) {
            const FitResult fit = bench.problem(constraints).fitBitsPerWeight(4.1);
            int count = 0;
            for (int layer = 0; layer < 32; ++layer) {
                const auto name = [layer](std::string_view part) { return "blk." + std::to_string(layer) + "." + std::string(part) + ".weight"; };
                if (bench.model->indexOf(name(first)))
                    count += bench.written(fit.plan, bench.indexOf(name(first))) != bench.written(fit.plan, bench.indexOf(name(second)));
            }
            return count;
        };
        const Bench experts = hollow(mixtral);
        FitConstraints constraints;
        constraints.agreement = {false, false, false};
        QVERIFY(differing(m_large, constraints, "attn_q", "attn_v") > 0);
        QVERIFY(differing(m_large, constraints, "ffn_gate", "ffn_up") > 0);
        QVERIFY(differing(experts, constraints, "ffn_gate_exps", "ffn_up_exps") > 0);
        QVERIFY(differing(experts, constraints, "ffn_gate_exps", "ffn_down_exps") > 0);
        constraints.agreement = {true, true, false};
        QCOMPARE(differing(m_large, constraints, "attn_q", "attn_v"), 0);
        QCOMPARE(differing(m_large, constraints, "attn_q", "attn_k"), 0);
        QCOMPARE(differing(m_large, constraints, "ffn_gate", "ffn_up"), 0);
        QVERIFY(differing(m_large, constraints, "attn_q", "ffn_up") > 0);
        QCOMPARE(differing(experts, constraints, "ffn_gate_exps", "ffn_up_exps"), 0);
        QVERIFY(differing(experts, constraints, "ffn_gate_exps", "ffn_down_exps") > 0);
        constraints.agreement = {false, false, true};
        QCOMPARE(differing(experts, constraints, "ffn_gate_exps", "ffn_down_exps"), 0);
        QCOMPARE(differing(experts, constraints, "ffn_gate_exps", "ffn_up_exps"), 0);
    }

    void expertsOfOneStackAgree()
    {
        const auto model = openModel(fixture("hf/qwen3_moe"));
        const Bench bench(model, modelledErrors(*model));
        FitConstraints constraints;
        constraints.agreement = {false, false, false};
        constraints.allowed = {Q4_0, Q5_0, Q8_0};
        const FitProblem problem = bench.problem(constraints);
        const FitResult fit = problem.fitBytes((problem.smallestBytes() + problem.largestUsefulBytes()) / 2);
        std::map<std::string, std::set<TensorType>> types;
        for (std::size_t tensor = 0; tensor < model->tensors().size(); ++tensor)
            types[model->place(tensor).canonicalName].insert(bench.written(fit.plan, tensor));
        bool hasStack = false;
        for (const auto& [name, used] : types) {
            QVERIFY2(used.size() == 1, name.c_str());
            hasStack = hasStack || name.find("_exps") != std::string::npos;
        }
        QVERIFY(hasStack);
    }

    void lockedTensorsKeepTheirChoice()
    {
        Plan base;
        base.encoding.effort = Effort::Best;
        const std::size_t locked = m_sample.indexOf("blk.2.attn_q.weight");
        const std::size_t other = m_sample.indexOf("blk.2.attn_k.weight");
        base.setChoice("blk.2.attn_q.weight", Choice{Q8_0});
        base.setChoice("blk.2.attn_k.weight", Choice{Q8_0});
        base.preset = "Q8_0";
        FitConstraints constraints;
        constraints.locked = {locked};
        const FitProblem problem = m_sample.problem(constraints, base);
        const FitResult fit = problem.fitBytes(problem.smallestBytes());
        QVERIFY(m_sample.written(fit.plan, locked) == Q8_0);
        QVERIFY(m_sample.written(fit.plan, other) == Q2_K);
        QVERIFY(fit.plan.encoding == base.encoding);
        QVERIFY(fit.plan.preset.empty());
        QVERIFY(problem.isAllowed(fit.plan));
        QVERIFY(!problem.isAllowed(m_sample.problem().fitBytes(m_sample.problem().smallestBytes()).plan));
    }

    // On a device the token embedding costs nothing: it must neither starve nor swell.
    void deviceBudget()
    {
        const Device device{"test card", {}, 48ull << 30, 48ull << 30, 0};
        RuntimeSettings settings;
        settings.contextLength = 8192;
        const std::uint64_t budget = m_large.memory->weightBudget(settings, {&device, 1});
        const FitResult fit = m_large.problem({}, {}, FitMeasure::DeviceBytes).fitBytes(budget);
        QVERIFY(fit.deviceBytes <= budget);
        QVERIFY(fit.deviceBytes > budget - (64u << 20));
        const MemoryEstimate estimate = m_large.memory->estimate(fit.plan, settings, &device);
        QVERIFY2(estimate.verdict == MemoryEstimate::Verdict::Fits || estimate.verdict == MemoryEstimate::Verdict::LittleRoom,
                 estimate.explanation.c_str());
        QVERIFY(estimate.totalBytes <= device.usableBytes);
        const TensorType embedding = m_large.written(fit.plan, m_large.indexOf("token_embd.weight"));
        QVERIFY2(info(embedding).bitsPerWeight() >= 4 && info(embedding).bitsPerWeight() < 16, name(embedding).data());
        VERIFY_ERROR(m_large.problem({}, {}, FitMeasure::DeviceBytes).fitBytes(1u << 30), ErrorKind::InvalidArgument, "the smallest possible");
        VERIFY_ERROR(m_large.problem({}, {}, FitMeasure::DeviceBytes).fitDamage(0.1), ErrorKind::InvalidArgument, "smallest file");
    }

    void importancePlugsIn()
    {
        std::vector<double> sensitivities(m_sample.model->tensors().size(), 1);
        const std::size_t idle = m_sample.indexOf("blk.1.ffn_down.weight");
        const std::size_t precious = m_sample.indexOf("blk.3.ffn_down.weight");
        sensitivities[idle] = 0;
        sensitivities[precious] = 1e6;
        const DamageWeights weights = measuredWeights(*m_sample.model, sensitivities);
        QVERIFY(!weights.isProxy);
        QVERIFY(proxyWeights(*m_sample.model).isProxy);
        const FitProblem problem(m_sample.model, m_sample.memory, m_sample.errors, weights, {}, {});
        const FitResult fit = problem.fitBitsPerWeight(6);
        QVERIFY(m_sample.written(fit.plan, idle) == Q2_K);
        QVERIFY(m_sample.written(fit.plan, precious) == F16);
        VERIFY_ERROR(measuredWeights(*m_sample.model, {1, 2}), ErrorKind::InvalidArgument, "2 sensitivities");
        sensitivities[0] = std::nan("");
        VERIFY_ERROR(measuredWeights(*m_sample.model, sensitivities), ErrorKind::InvalidArgument, "cannot be weighed");
        double sum = 0;
        const DamageWeights proxy = proxyWeights(*m_sample.model);
        for (std::size_t tensor = 0; tensor < m_sample.model->tensors().size(); ++tensor)
            sum += isQuantizable(m_sample.model->tensors()[tensor], m_sample.model->place(tensor)) ? proxy.weights[tensor] : 0;
        QVERIFY(std::abs(sum - 1) < 1e-12);
    }

    void whileTheTableFills()
    {
        ErrorTable table(m_sample.model->tensors().size());
        const FitReadiness empty = FitProblem::readiness(*m_sample.model, table, {}, {});
        QVERIFY(empty.needed > 100);
        QCOMPARE(empty.known, 0u);
        QVERIFY(!empty.isComplete());
        // Tensors can always stay as stored, so that there is an answer; it just cannot get small yet.
        const FitProblem unknown(m_sample.model, m_sample.memory, table, m_sample.weights, {}, {});
        QCOMPARE(unknown.smallestBytes(), unknown.largestUsefulBytes());
        FitConstraints constraints;
        constraints.allowed = {Q4_K};
        VERIFY_ERROR(FitProblem(m_sample.model, m_sample.memory, table, m_sample.weights, constraints, {}), ErrorKind::InvalidArgument,
                     "known yet");
        for (std::size_t tensor = 0; tensor < table.tensorCount(); ++tensor) {
            PairError error = m_sample.errors.at(tensor, Q4_K);
            if (error.quality == PairError::Quality::Unknown)
                continue;
            error.quality = PairError::Quality::Sampled;
            table.set(tensor, Q4_K, error);
        }
        const FitReadiness four = FitProblem::readiness(*m_sample.model, table, constraints, {});
        QVERIFY(four.isComplete());
        QCOMPARE(four.sampled, four.needed);
        const FitProblem problem(m_sample.model, m_sample.memory, table, m_sample.weights, constraints, {});
        QVERIFY(problem.fitBytes(problem.smallestBytes()).isSampled);
        QVERIFY(!m_large.problem().fitBitsPerWeight(5).isSampled);
        QVERIFY(!problem.evaluate(planFromType(*m_sample.model, Q6_K)));
    }

    void curveIsMonotone()
    {
        Plan current = planFromPreset(*m_large.model, *findPreset("Q4_K_M"), {});
        const TradeOff curve = tradeOff(m_large.problem(), current);
        QVERIFY(curve.curve.size() >= 64);
        for (std::size_t point = 1; point < curve.curve.size(); ++point) {
            QVERIFY(curve.curve[point].fileBytes > curve.curve[point - 1].fileBytes);
            QVERIFY(curve.curve[point].damage <= curve.curve[point - 1].damage);
        }
        QVERIFY(curve.curve.front().bitsPerWeight < 2.75);
        QVERIFY(curve.curve.back().bitsPerWeight > 7.9);
        QVERIFY(curve.presets.size() > 25);
        QVERIFY(curve.current);
        const auto same = std::find_if(curve.presets.begin(), curve.presets.end(), [](const PresetPoint& point) { return point.id == "Q4_K_M"; });
        QVERIFY(same != curve.presets.end());
        QCOMPARE(same->result.damage, curve.current->damage);
        QVERIFY(*damageAgainstCurve(curve, *curve.current) < 1);
        std::stop_source stop;
        stop.request_stop();
        VERIFY_ERROR(tradeOff(m_large.problem(), current, {}, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
    }

    void theSameEveryTime()
    {
        const FitResult first = m_large.problem().fitBitsPerWeight(4.25);
        const FitResult second = m_large.problem().fitBitsPerWeight(4.25);
        QCOMPARE(second.plan, first.plan);
        QCOMPARE(second.damage, first.damage);
    }

    void fastEnoughToFollowASlider()
    {
        std::optional<FitProblem> problem;
        const double preparing = processorMilliseconds([&] { problem.emplace(m_large.problem()); });
        double slowest = 0;
        for (double bits = 2.7; bits < 9; bits += 0.31)
            slowest = std::max(slowest, processorMilliseconds([&] { (void)problem->fitBitsPerWeight(bits); }));
        const double curve = processorMilliseconds([&] { (void)tradeOff(*problem, {}); });
        qInfo("723 tensors: prepared in %.1f ms, slowest fit %.1f ms, curve of 64 points and all presets %.0f ms", preparing, slowest, curve);
        QVERIFY(preparing + slowest < 1000);
        QVERIFY(curve < 5000);
    }
};

QTEST_GUILESS_MAIN(TestFit)
#include "tst_fit.moc"
