// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/adapters.h"

#include "core/base/error.h"
#include "core/convert/adapter_file.h"
#include "core/convert/gguf_output.h"
#include "core/formats/open.h"
#include "support/folder_models.h"

#include <QTest>

#include <cmath>
#include <fstream>
#include <functional>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    return weights;
}

double largestDifference(const std::vector<float>& first, const std::vector<float>& second)
{
    double largest = first.size() == second.size() ? 0 : INFINITY;
    for (std::size_t index = 0; index < std::min(first.size(), second.size()); ++index)
        largest = std::max(largest, std::fabs(static_cast<double>(first[index]) - second[index]));
    return largest;
}

const Tensor& tensorOf(const Model& model, const std::string& name)
{
    return model.tensors()[model.indexOf(name).value()];
}

/// A copy of the adapter for hf/llama, whose configuration can be changed.
struct AdapterFolder
{
    ScratchFolder scratch;
    json config;

    AdapterFolder()
    {
        std::ifstream(fixture("adapters/llama/adapter_config.json")) >> config;
        fs::copy_file(fixture("adapters/llama/adapter_model.safetensors"), scratch / "adapter_model.safetensors");
    }
    std::shared_ptr<const Model> merge(const std::string& base = "hf/llama")
    {
        std::ofstream(scratch / "adapter_config.json") << config;
        return withAdapters(openModel(fixture(base)), {{scratch.path(), 1}});
    }
    /// Writes the header of the weights again, changed as text.
    void editNames(const std::string& from, const std::string& to)
    {
        std::ifstream in(scratch / "adapter_model.safetensors", std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()))
            bytes.replace(at, from.size(), to); // names of equal length
        in.close();
        std::ofstream(scratch / "adapter_model.safetensors", std::ios::binary) << bytes;
    }
};

} // namespace

class TestAdapters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void mergedValues_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("llama") << "llama"; // patterns of rank and alpha, an embedding, a whole tensor
        QTest::newRow("gpt2") << "gpt2";   // rank-stabilised, matrices stored as inputs x outputs
    }

    void mergedValues()
    {
        QFETCH(QString, name);
        const std::string folder = name.toStdString();
        const auto base = openModel(fixture("hf/" + folder));
        const auto merged = withAdapters(base, {{fixture("adapters/" + folder), 1}});
        const auto expected = openModel(fixture("adapters/" + folder) / "expected.safetensors");
        QCOMPARE(merged->tensors().size(), base->tensors().size());
        std::size_t changed = 0;
        for (std::size_t index = 0; index < base->tensors().size(); ++index) {
            const Tensor& tensor = merged->tensors()[index];
            QCOMPARE(tensor.name(), base->tensors()[index].name());
            QCOMPARE(tensor.shape(), base->tensors()[index].shape());
            if (const auto found = expected->indexOf(tensor.name())) {
                ++changed;
                QVERIFY2(largestDifference(decoded(tensor), decoded(expected->tensors()[*found])) < 2e-6, tensor.name().c_str());
                QVERIFY(largestDifference(decoded(tensor), decoded(base->tensors()[index])) > 0.01);
            } else {
                QVERIFY(decoded(tensor) == decoded(base->tensors()[index]));
            }
        }
        QCOMPARE(changed, expected->tensors().size());
        QCOMPARE(merged->metadata().string("quantlathe.adapter.0.name"), std::optional(folder));
    }

    void rowsOneByOneAreTheSame()
    {
        const auto merged = withAdapters(openModel(fixture("hf/llama")), {{fixture("adapters/llama"), 1}});
        const Tensor& tensor = tensorOf(*merged, "model.layers.0.self_attn.q_proj.weight");
        const auto whole = decoded(tensor);
        std::vector<float> row(tensor.shape().rowLength());
        for (std::uint64_t index = 0; index < tensor.shape().rowCount(); ++index) {
            tensor.decodeRows(index, 1, row.data());
            QVERIFY(std::equal(row.begin(), row.end(), whole.begin() + static_cast<std::ptrdiff_t>(index * row.size())));
        }
    }

    void scalesAddUp()
    {
        const auto base = openModel(fixture("hf/llama"));
        const auto twice = withAdapters(base, {{fixture("adapters/llama"), 0.5}, {fixture("adapters/llama"), 0.5}});
        const auto once = withAdapters(base, {{fixture("adapters/llama"), 1}});
        for (const char* name : {"model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight", "lm_head.weight"})
            QVERIFY(largestDifference(decoded(tensorOf(*twice, name)), decoded(tensorOf(*once, name))) < 1e-6);
        const auto none = withAdapters(base, {{fixture("adapters/llama"), 0}});
        QVERIFY(decoded(tensorOf(*none, "model.layers.0.self_attn.q_proj.weight")) == decoded(tensorOf(*base, "model.layers.0.self_attn.q_proj.weight")));
        QVERIFY(withAdapters(base, {}) == base);
    }

    /// What is exported is the sum, with its rows where the format wants them, and the file says what was merged.
    void exported()
    {
        FolderModel files("hf/llama");
        const auto merged = withAdapters(openModel(files.write()), {{fixture("adapters/llama"), 0.25}});
        const GgufOutput output = makeGgufOutput(merged, {});
        QCOMPARE(output.metadata.string("quantlathe.adapter.0.name"), std::optional<std::string>("llama"));
        QCOMPARE(output.metadata.real("quantlathe.adapter.0.scale"), std::optional(0.25));
        for (const OutputTensor& tensor : output.tensors) {
            if (tensor.name() != "blk.0.attn_q.weight")
                continue;
            const auto rows = decoded(tensor.weights);
            const auto source = decoded(tensorOf(*merged, "model.layers.0.self_attn.q_proj.weight"));
            const std::uint64_t length = tensor.shape().rowLength();
            for (std::uint64_t row = 0; row < tensor.shape().rowCount(); ++row) {
                const std::uint64_t from = tensor.origin(row)->row;
                QVERIFY(std::equal(rows.begin() + static_cast<std::ptrdiff_t>(row * length), rows.begin() + static_cast<std::ptrdiff_t>((row + 1) * length),
                                   source.begin() + static_cast<std::ptrdiff_t>(from * length)));
            }
        }
        // The adapter's file is watched like the model's own.
        QVERIFY(merged->mappings().size() > openModel(files.scratch.path())->mappings().size());
    }

    void patterns()
    {
        QCOMPARE(matchesModule("q_proj", "model.layers.0.self_attn.q_proj"), std::optional(true));
        QCOMPARE(matchesModule("proj", "model.layers.0.self_attn.q_proj"), std::optional(false));
        QCOMPARE(matchesModule("^model\\.layers.0.self_attn.q_proj$", "model.layers.0.self_attn.q_proj"), std::optional(true));
        QCOMPARE(matchesModule("^layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj"), std::optional(false));
        QCOMPARE(matchesModule("a\\.b", "axb"), std::optional(false));
        QCOMPARE(matchesModule("a.b", "axb"), std::optional(true));
        QCOMPARE(matchesModule("a.*b", "axb"), std::optional<bool>());
    }

    void arguments()
    {
        QCOMPARE(parseAdapter("some/folder/").folder, fs::path("some/folder"));
        QCOMPARE(parseAdapter("folder").scale, 1.0);
        QCOMPARE(parseAdapter("folder:0.5").scale, 0.5);
        QCOMPARE(parseAdapter("folder:-2").folder, fs::path("folder"));
        QCOMPARE(parseAdapter("a:b/c").folder, fs::path("a:b/c"));
        VERIFY_ERROR(parseAdapter("folder:x"), ErrorKind::InvalidArgument, "'x' is no scale");
        VERIFY_ERROR(parseAdapter("folder:inf"), ErrorKind::InvalidArgument, "'inf' is no scale");
        VERIFY_ERROR(parseAdapter(""), ErrorKind::InvalidArgument, "needs the name of its folder");
        VERIFY_ERROR(parseAdapter(":1"), ErrorKind::InvalidArgument, "needs the name of its folder");
    }

    void refusals_data()
    {
        using Change = std::function<void(AdapterFolder&)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<ErrorKind>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* title, Change change, ErrorKind kind, const char* text) { QTest::newRow(title) << change << kind << QString(text); };
        const auto unsupported = ErrorKind::Unsupported;
        const auto bad = ErrorKind::BadFormat;
        row("kind", [](AdapterFolder& f) { f.config["peft_type"] = "IA3"; }, unsupported, "of the kind 'IA3'");
        row("DoRA", [](AdapterFolder& f) { f.config["use_dora"] = true; }, unsupported, "'use_dora'");
        row("pattern", [](AdapterFolder& f) { f.config["alpha_pattern"] = {{".*k_proj", 3}}; }, unsupported, "'.*k_proj' in 'alpha_pattern'");
        row("pattern value", [](AdapterFolder& f) { f.config["alpha_pattern"] = {{"q_proj", "x"}}; }, bad, "'alpha_pattern' has no number for 'q_proj'");
        row("patterns", [](AdapterFolder& f) { f.config["rank_pattern"] = 3; }, bad, "'rank_pattern' is no object");
        row("rank", [](AdapterFolder& f) { f.config["r"] = 16; }, bad, "have rank 4, but adapter_config.json says 16");
        row("alpha", [](AdapterFolder& f) { f.config["lora_alpha"] = 1e308; f.config["alpha_pattern"] = json::object(); f.config["r"] = 4; f.config["lora_alpha"] = "much"; }, bad, "lora_alpha");
        row("no weights", [](AdapterFolder& f) { fs::remove(f.scratch / "adapter_model.safetensors"); }, ErrorKind::NotFound, "the adapter's weights are missing");
        row("one of a pair", [](AdapterFolder& f) { f.editNames("q_proj.lora_B.weight", "q_prox.lora_B.weight"); }, bad, "of a pair only");
        row("other parts", [](AdapterFolder& f) { f.editNames("q_proj.lora_B.weight", "q_proj.lora_C.weight"); }, unsupported, "is no part of a LoRA adapter");
        row("other model", [](AdapterFolder& f) { f.editNames("layers.0.self_attn.q_proj", "layers.7.self_attn.q_proj"); }, bad, "the model has no tensor 'model.layers.7.self_attn.q_proj.weight'");
        row("other shape", [](AdapterFolder& f) { f.editNames("layers.0.self_attn.q_proj", "layers.0.self_attn.v_proj"); }, bad, "does not fit 'model.layers.0.self_attn.v_proj.weight'");
        row("other whole tensor", [](AdapterFolder& f) { f.editNames("base_model.model.lm_head.weight", "base_model.model.model.norm.wei"); }, bad, "the model has no tensor 'model.norm.wei'");
    }

    void refusals()
    {
        using Change = std::function<void(AdapterFolder&)>;
        QFETCH(Change, change);
        QFETCH(ErrorKind, kind);
        QFETCH(QString, text);
        AdapterFolder folder;
        change(folder);
        VERIFY_ERROR(folder.merge(), kind, text.toStdString());
    }

    void otherRefusals()
    {
        VERIFY_ERROR(withAdapters(openModel(fixture("gguf/tiny-llama.gguf")), {{fixture("adapters/llama"), 1}}), ErrorKind::Unsupported, "adapters can be merged into Hugging Face folders");
        ScratchFolder empty;
        VERIFY_ERROR(withAdapters(openModel(fixture("hf/llama")), {{empty.path(), 1}}), ErrorKind::NotFound, "adapter_config.json");
        AdapterFolder folder;
        std::ofstream(folder.scratch / "adapter_model.safetensors", std::ios::binary) << std::string("\x02\0\0\0\0\0\0\0{}", 10);
        VERIFY_ERROR(folder.merge(), ErrorKind::BadFormat, "the adapter changes nothing");
    }
};

QTEST_GUILESS_MAIN(TestAdapters)
#include "tst_adapters.moc"
