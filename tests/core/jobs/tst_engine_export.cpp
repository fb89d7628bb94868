// SPDX-License-Identifier: GPL-3.0-or-later
// Exports from beginning to end: methods, file or folder, the command and the memory; going on after a cancel.
#include "core/convert/engine_formats.h"
#include "core/formats/open.h"
#include "core/jobs/engine_export.h"
#include "support/small_llama.h"
#include "support/test_support.h"

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

class TestEngineExport : public QObject
{
    Q_OBJECT

    ScratchFolder m_scratch;
    std::shared_ptr<const Model> m_model;
    fs::path m_text;

    EngineExport folder(const fs::path& target, Method method, Engine engine = Engine::Vllm) const
    {
        FolderRequest work;
        work.model = m_model;
        work.plan = folderPlan(folderContents(m_model), {ExportFormat::W4A16, 4, 128, true, method}, factsOf(ExportFormat::W4A16, engine));
        work.target = target;
        EngineExport request;
        request.work = work;
        request.method.text = {m_text, 64, 16};
        request.serving = {engine, servingSettings(engine, *m_model), {parseDevice("RTX 4090")}};
        return request;
    }

private slots:
    void initTestCase()
    {
        m_model = openModel(writeSmallLlama(m_scratch / "model"));
        m_text = writeSmallText(m_scratch / "text.txt");
    }

    void aCalibratedFolder()
    {
        std::vector<ExportStage> stages;
        std::size_t layers = 0;
        const ExportObserver observer{[&](ExportStage stage) { stages.push_back(stage); },
                                      [&](const LayerReport& report) {
                                          ++layers;
                                          QVERIFY(largestError(report) > 0 && largestError(report) < 1);
                                      }};
        const EngineExportResult result = runEngineExport(folder(m_scratch / "gptq", Method::Gptq), observer, {});
        QVERIFY((stages == std::vector{ExportStage::Calibrating, ExportStage::Writing}));
        QCOMPARE(layers, std::size_t{2});
        QCOMPARE(result.calibration, std::string("calibrated on 16 windows of 64 tokens"));
        QVERIFY(result.isFolder() && result.reports.size() >= 14);
        QVERIFY(!fs::exists(layerJournal(m_scratch / "gptq")));
        QCOMPARE(result.serving.command, "vllm serve " + (m_scratch / "gptq").string() + " --max-model-len 256");
        QVERIFY(result.serving.memory && result.serving.memory->verdict == Verdict::Fits && result.serving.memory->weightBytes > 0);
        QCOMPARE(openModel(m_scratch / "gptq")->tensors().size(), m_model->tensors().size());
    }

    void roundingNeedsNoText()
    {
        EngineExport request = folder(m_scratch / "rounded", Method::RoundToNearest, Engine::Tgi);
        request.method.text.file = m_scratch / "missing.txt";
        std::vector<ExportStage> stages;
        const EngineExportResult result = runEngineExport(request, {[&](ExportStage stage) { stages.push_back(stage); }, {}}, {});
        QVERIFY(stages == std::vector{ExportStage::Writing});
        QVERIFY(result.calibration.empty());
        std::string notes;
        for (const std::string& note : result.serving.memory.value().notes)
            notes += note + '\n';
        QVERIFY2(notes.find("TGI") != std::string::npos && notes.find("vLLM") == std::string::npos, notes.c_str());
        QCOMPARE(result.serving.command, "text-generation-launcher --model-id " + (m_scratch / "rounded").string() + " --max-total-tokens 256");
    }

    void filesAreServedByLlama()
    {
        QuantizeRequest work;
        work.model = m_model;
        work.target = m_scratch / "with space.gguf";
        EngineExport request;
        request.work = work;
        request.serving = {Engine::LlamaCpp, servingSettings(Engine::LlamaCpp, *m_model, 128), {}};
        const EngineExportResult result = runEngineExport(request, {}, {});
        QCOMPARE(result.serving.command, "llama-server -m '" + work.target.string() + "' -c 128");
        QVERIFY(result.serving.memory && result.serving.memory->verdict == Verdict::Unknown);
        request.serving.engine = Engine::Vllm;
        const Serving other = servingOf(*m_model, work.plan, work.target, request.serving);
        QVERIFY(other.command.empty() && !other.memory);
    }

    void aCancelledRunGoesOn()
    {
        const fs::path target = m_scratch / "resumed";
        std::stop_source stop;
        const ExportObserver stopsAfterOne{{}, [&](const LayerReport&) { stop.request_stop(); }};
        const EngineExport request = folder(target, Method::Gptq);
        QVERIFY(!canResume(request));
        const auto error = errorOf([&] { runEngineExport(request, stopsAfterOne, {stop.get_token(), nullptr}); });
        QVERIFY(error && error->kind() == ErrorKind::Cancelled);
        QVERIFY(!fs::exists(target));
        QVERIFY(canResume(request));
        EngineExport again = request;
        again.resume = true;
        std::size_t layers = 0;
        (void)runEngineExport(again, {{}, [&](const LayerReport&) { ++layers; }}, {});
        QCOMPARE(layers, std::size_t{1}); // the other lay in the journal
        (void)runEngineExport(folder(m_scratch / "whole", Method::Gptq), {}, {});
        QCOMPARE(readBytes(target / "model.safetensors"), readBytes(m_scratch / "whole" / "model.safetensors"));
        QVERIFY(!canResume(request));
    }

    void obstacles()
    {
        QVERIFY(!calibrationObstacle(m_model));
        ScratchFolder scratch;
        fs::remove(writeSmallLlama(scratch / "model") / "tokenizer.json");
        QVERIFY(calibrationObstacle(openModel(scratch / "model")).has_value());
        // The target is refused before anything is calibrated.
        EngineExport request = folder(m_scratch / "obstacle", Method::Gptq);
        fs::create_directory(m_scratch / "obstacle");
        writeBytes(m_scratch / "obstacle" / "x", std::vector<std::byte>(1));
        std::size_t layers = 0;
        const auto error = errorOf([&] { runEngineExport(request, {{}, [&](const LayerReport&) { ++layers; }}, {}); });
        QVERIFY(error && error->message().find("not empty") != std::string::npos);
        QCOMPARE(layers, std::size_t{0});
    }

    void refusalsBeforeAnyWork()
    {
        ScratchFolder scratch;
        FolderRequest request;
        request.model = m_model;
        const auto refused = [&](const fs::path& target, std::uint64_t bytes, const char* text) {
            request.target = target;
            const auto error = errorOf([&] { checkFolderRequest(request, bytes); });
            QVERIFY2(error && error->message().find(text) != std::string::npos, error ? error->message().c_str() : "no error");
        };
        refused(m_model->path(), 1, "is the model that is being read");
        fs::create_directory(scratch / "full");
        writeBytes(scratch / "full" / "x", std::vector<std::byte>(1));
        refused(scratch / "full", 1, "not empty");
        refused(scratch / "full" / "x", 1, "no folder");
        refused(scratch / "no" / "out", 1, "no such folder");
        refused(scratch / "out", std::uint64_t{1} << 60, "are free");
        request.target = scratch / "out";
        checkFolderRequest(request, 1);
    }
};

QTEST_APPLESS_MAIN(TestEngineExport)
#include "tst_engine_export.moc"
