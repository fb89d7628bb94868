// SPDX-License-Identifier: GPL-3.0-or-later
// Every finding from a file made to have it, and none from the sound file it was made of.
#include "core/analysis/findings.h"
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "core/model/known_keys.h"
#include "support/byte_builder.h"
#include "test_tensors.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr std::size_t vocabulary = 64;

void addSoundKeys(Metadata& metadata)
{
    metadata.append("llama.block_count", MetadataValue::ofU32(4));
    metadata.append("llama.context_length", MetadataValue::ofU32(512));
    metadata.append("llama.embedding_length", MetadataValue::ofU32(64));
    metadata.append("llama.feed_forward_length", MetadataValue::ofU32(96));
    metadata.append("llama.attention.head_count", MetadataValue::ofU32(4));
    metadata.append("llama.attention.head_count_kv", MetadataValue::ofU32(2));
    metadata.append("llama.attention.layer_norm_rms_epsilon", MetadataValue::ofF32(1e-5F));
    metadata.append("llama.rope.dimension_count", MetadataValue::ofU32(16));
    metadata.append("llama.vocab_size", MetadataValue::ofU32(vocabulary));
    metadata.append("tokenizer.ggml.model", MetadataValue::ofString("llama"));
    std::vector<std::string> tokens;
    for (std::size_t token = 0; token < vocabulary; ++token)
        tokens.push_back("t" + std::to_string(token));
    metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(tokens)));
    metadata.append("tokenizer.ggml.scores", MetadataValue::ofArray(MetadataArray::fromFloats(std::vector<float>(vocabulary, 0))));
    metadata.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(std::vector<std::int32_t>(vocabulary, 1))));
    metadata.append("tokenizer.ggml.bos_token_id", MetadataValue::ofU32(1));
    metadata.append("tokenizer.ggml.eos_token_id", MetadataValue::ofU32(2));
    metadata.append("tokenizer.chat_template", MetadataValue::ofString("{% for m in messages %}{{ m }}{% endfor %}"));
}

std::vector<MadeTensor> soundTensors()
{
    std::uint32_t seed = 1;
    std::vector<MadeTensor> tensors;
    const auto add = [&](const std::string& name, const Shape& shape) { tensors.push_back(madeTensor(name, shape, TensorType::F32, seed++)); };
    add("token_embd.weight", {vocabulary, 64});
    for (int layer = 0; layer < 4; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + '.';
        add(prefix + "attn_norm.weight", {64});
        add(prefix + "attn_q.weight", {64, 64});
        add(prefix + "attn_k.weight", {32, 64});
        add(prefix + "attn_v.weight", {32, 64});
        add(prefix + "attn_output.weight", {64, 64});
        add(prefix + "ffn_gate.weight", {96, 64});
        add(prefix + "ffn_up.weight", {96, 64});
        add(prefix + "ffn_down.weight", {64, 96});
    }
    add("output_norm.weight", {64});
    return tensors;
}

/// Metadata has no way to take a key away: a copy without it.
Metadata without(const Metadata& metadata, std::string_view key)
{
    Metadata result;
    for (const auto& entry : metadata.entries()) {
        if (entry.key != key)
            result.append(entry.key, entry.value);
    }
    return result;
}

QString text(const std::vector<Finding>& findings)
{
    QString all;
    for (const Finding& finding : findings)
        all += QString::fromStdString(std::string(name(finding.severity)) + ' ' + std::string(name(finding.kind)) + " [" + finding.key + "] "
                                      + finding.what + '\n');
    return all;
}

using Keys = std::function<Metadata(Metadata)>;
using Tensors = std::function<void(std::vector<MadeTensor>&)>;

struct Case
{
    Keys keys;       ///< may be empty
    Tensors tensors; ///< may be empty
};

Keys set(std::string key, MetadataValue value)
{
    return [key = std::move(key), value = std::move(value)](Metadata metadata) {
        metadata.set(key, value);
        return metadata;
    };
}
Keys drop(std::string key)
{
    return [key = std::move(key)](const Metadata& metadata) { return without(metadata, key); };
}
MadeTensor& named(std::vector<MadeTensor>& tensors, std::string_view name)
{
    return *std::find_if(tensors.begin(), tensors.end(), [name](const MadeTensor& tensor) { return tensor.name == name; });
}
MetadataValue strings(std::vector<std::string> values) { return MetadataValue::ofArray(MetadataArray::fromStrings(values)); }

} // namespace

Q_DECLARE_METATYPE(Case)

class TestFindings : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;

    std::shared_ptr<const Model> make(const Case& made)
    {
        auto tensors = soundTensors();
        if (made.tensors)
            made.tensors(tensors);
        const auto path = m_folder / "made.gguf";
        writeMadeGguf(path, tensors, [&](Metadata& metadata) {
            addSoundKeys(metadata);
            if (made.keys)
                metadata = made.keys(metadata);
        });
        return openModel(path);
    }

private Q_SLOTS:
    void aSoundModelHasNone()
    {
        const auto model = make({});
        const auto header = checkHeader(*model, model->metadata());
        QVERIFY2(header.empty(), qPrintable(text(header)));
        const auto weights = checkWeights(*model, {}, {});
        QVERIFY2(weights.empty(), qPrintable(text(weights)));
    }

    void header_data()
    {
        QTest::addColumn<Case>("made");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("severity");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("fragment");
        const auto row = [](const char* title, Case made, const char* kind, const char* severity, const char* key, const char* fragment) {
            QTest::newRow(title) << made << QString::fromLatin1(kind) << QString::fromLatin1(severity) << QString::fromLatin1(key)
                                 << QString::fromLatin1(fragment);
        };
        using V = MetadataValue;
        // keys
        row("no architecture", {drop("general.architecture"), {}}, "missing-key", "problem", "general.architecture", "what architecture");
        row("unknown architecture", {set("general.architecture", V::ofString("strangenet")), {}}, "unknown-architecture", "hint", "general.architecture", "strangenet");
        row("no context", {drop("llama.context_length"), {}}, "missing-key", "problem", "llama.context_length", "context_length is missing");
        row("context in 64 bits", {set("llama.context_length", V::ofU64(512)), {}}, "wrong-key-type", "problem", "llama.context_length", "must be u32, not u64");
        row("context zero", {set("llama.context_length", V::ofU32(0)), {}}, "bad-value", "warning", "llama.context_length", "at least 1");
        row("name as number", {set("general.name", V::ofU32(7)), {}}, "wrong-key-type", "problem", "general.name", "must be string");
        row("epsilon negative", {set("llama.attention.layer_norm_rms_epsilon", V::ofF32(-1)), {}}, "bad-value", "warning", "llama.attention.layer_norm_rms_epsilon", "above 0");
        row("no epsilon", {drop("llama.attention.layer_norm_rms_epsilon"), {}}, "missing-key", "problem", "llama.attention.layer_norm_rms_epsilon", "epsilon");
        row("rope wider than a head", {set("llama.rope.dimension_count", V::ofU32(32)), {}}, "bad-value", "warning", "llama.rope.dimension_count", "32 dimensions of heads that have 16");
        // shapes
        row("too many layers", {set("llama.block_count", V::ofU32(5)), {}}, "missing-layer", "problem", "llama.block_count", "says 5 layers, but there are tensors of 4");
        row("too few layers", {set("llama.block_count", V::ofU32(3)), {}}, "missing-layer", "problem", "llama.block_count", "says 3 layers");
        row("a layer is missing", {{}, [](auto& tensors) { std::erase_if(tensors, [](const auto& t) { return t.name.starts_with("blk.2."); }); }}, "missing-layer", "problem", "llama.block_count", "layer 2");
        row("a tensor is missing", {{}, [](auto& tensors) { std::erase_if(tensors, [](const auto& t) { return t.name == "blk.2.ffn_up.weight"; }); }}, "missing-tensor", "problem", "", "blk.2.ffn_up.weight is missing; 3 other");
        row("no embedding", {{}, [](auto& tensors) { tensors.erase(tensors.begin()); }}, "missing-tensor", "problem", "general.architecture", "token_embd");
        row("embedding length", {set("llama.embedding_length", V::ofU32(128)), {}}, "metadata-contradicts-shape", "problem", "llama.embedding_length", "says 128, but rows of the token embedding have 64");
        row("vocabulary size", {set("llama.vocab_size", V::ofU32(65)), {}}, "metadata-contradicts-shape", "problem", "llama.vocab_size", "65 tokens");
        row("tokens", {set("tokenizer.ggml.tokens", strings({"a", "b"})), {}}, "metadata-contradicts-shape", "problem", "tokenizer.ggml.tokens", "2 tokens, but the token embedding has 64 rows");
        row("heads do not divide", {set("llama.attention.head_count", V::ofU32(5)), {}}, "metadata-contradicts-shape", "problem", "llama.attention.head_count", "shared by 5 heads");
        row("kv heads do not divide", {set("llama.attention.head_count_kv", V::ofU32(3)), {}}, "metadata-contradicts-shape", "problem", "llama.attention.head_count_kv", "4 query heads cannot share 3");
        row("kv heads and rows", {set("llama.attention.head_count_kv", V::ofU32(1)), {}}, "metadata-contradicts-shape", "problem", "llama.attention.head_count_kv", "1 heads of 16 make 16 rows, but blk.0.attn_k.weight has 32");
        row("feed forward", {set("llama.feed_forward_length", V::ofU32(128)), {}}, "metadata-contradicts-shape", "problem", "llama.feed_forward_length", "says 128, but rows of blk.0.ffn_down.weight have 96");
        row("experts", {set("llama.expert_count", V::ofU32(8)), [](auto& tensors) { named(tensors, "blk.1.ffn_up.weight") = madeTensor("blk.1.ffn_up_exps.weight", {4, 96, 64}, TensorType::F32, 77); }},
            "metadata-contradicts-shape", "problem", "llama.expert_count", "says 8 experts, but blk.1.ffn_up_exps.weight has 4");
        row("more experts used", {set("llama.expert_used_count", V::ofU32(2)), {}}, "metadata-contradicts-shape", "problem", "llama.expert_used_count", "2 experts are to be used, but there are 0");
        // tokenizer
        row("no tokenizer", {drop("tokenizer.ggml.model"), {}}, "missing-key", "problem", "tokenizer.ggml.model", "no tokenizer");
        row("no tokens", {drop("tokenizer.ggml.tokens"), {}}, "missing-key", "problem", "tokenizer.ggml.tokens", "vocabulary");
        row("scores too short", {set("tokenizer.ggml.scores", V::ofArray(MetadataArray::fromFloats({1, 2}))), {}}, "tokenizer-mismatch", "problem", "tokenizer.ggml.scores", "2 elements for 64 tokens");
        row("scores of a wrong type", {set("tokenizer.ggml.scores", V::ofArray(MetadataArray::fromDoubles(std::vector<double>(vocabulary, 0)))), {}}, "tokenizer-mismatch", "problem", "tokenizer.ggml.scores", "array of f32, not an array of f64");
        row("token types", {set("tokenizer.ggml.token_type", V::ofArray(MetadataArray::fromInts(std::vector<std::int32_t>(vocabulary, 9)))), {}}, "tokenizer-mismatch", "warning", "tokenizer.ggml.token_type", "token 0 has 9");
        row("no scores", {drop("tokenizer.ggml.scores"), {}}, "missing-key", "warning", "tokenizer.ggml.scores", "without scores");
        row("no types", {drop("tokenizer.ggml.token_type"), {}}, "missing-key", "warning", "tokenizer.ggml.token_type", "control tokens");
        row("no merges", {set("tokenizer.ggml.model", V::ofString("gpt2")), {}}, "missing-key", "problem", "tokenizer.ggml.merges", "without merges");
        row("no pre-tokenizer", {set("tokenizer.ggml.model", V::ofString("gpt2")), {}}, "missing-key", "warning", "tokenizer.ggml.pre", "tokenizer.ggml.pre");
        row("end token outside", {set("tokenizer.ggml.eos_token_id", V::ofU32(64)), {}}, "bad-token-id", "warning", "tokenizer.ggml.eos_token_id", "is 64, but the vocabulary has 64 tokens");
        row("end token none", {set("tokenizer.ggml.padding_token_id", V::ofU32(0xFFFFFFFF)), {}}, "bad-token-id", "hint", "tokenizer.ggml.padding_token_id", "there is none");
        row("end token as text", {set("tokenizer.ggml.eos_token_id", V::ofString("</s>")), {}}, "wrong-key-type", "problem", "tokenizer.ggml.eos_token_id", "must be u32, not string");
        row("no end token", {drop("tokenizer.ggml.eos_token_id"), {}}, "missing-key", "warning", "tokenizer.ggml.eos_token_id", "takes token 2");
        row("no start token", {drop("tokenizer.ggml.bos_token_id"), {}}, "missing-key", "hint", "tokenizer.ggml.bos_token_id", "takes token 1");
        row("no template", {drop("tokenizer.chat_template"), {}}, "missing-chat-template", "hint", "tokenizer.chat_template", "no chat template");
        row("broken template", {set("tokenizer.chat_template", V::ofString("{% if x %}y{% endif }")), {}}, "bad-value", "warning", "tokenizer.chat_template", "2 times and closes one 1 times");
        std::vector<std::string> repeated(vocabulary, "same");
        row("repeated tokens", {set("tokenizer.ggml.tokens", strings(repeated)), {}}, "duplicate-tokens", "warning", "tokenizer.ggml.tokens", "63 tokens repeat");
    }

    void header()
    {
        QFETCH(Case, made);
        QFETCH(QString, kind);
        QFETCH(QString, severity);
        QFETCH(QString, key);
        QFETCH(QString, fragment);
        const auto model = make(made);
        const auto findings = checkHeader(*model, model->metadata());
        const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
            return QString::fromStdString(finding.what).contains(fragment) && QString::fromStdString(finding.key) == key;
        });
        QVERIFY2(found != findings.end(), qPrintable(text(findings)));
        QCOMPARE(QString::fromStdString(std::string(name(found->kind))), kind);
        QCOMPARE(QString::fromStdString(std::string(name(found->severity))), severity);
        QVERIFY(!found->advice.empty());
    }

    void anEditedCopyIsChecked()
    {
        const auto model = make({});
        Metadata edited = model->metadata();
        edited.set("llama.feed_forward_length", MetadataValue::ofU32(97));
        QVERIFY(checkHeader(*model, model->metadata()).empty());
        const auto findings = checkHeader(*model, edited);
        QCOMPARE(findings.size(), 1u);
        QCOMPARE(findings.front().tensors.size(), 4u);
        QCOMPARE(QString::fromStdString(placeText(findings.front(), *model)), QStringLiteral("blk.0.ffn_down.weight and 3 more"));
    }

    void gapsBetweenTensors()
    {
        GgufBuilder file;
        file.string("general.architecture", "llama").tensorAt("a", {8}, 0, 0).tensorAt("b", {8}, 0, 64).tensorAt("c", {8}, 0, 96);
        file.dataBytes = 128;
        writeBytes(m_folder / "gap.gguf", file.file());
        const auto model = openModel(m_folder / "gap.gguf");
        const auto findings = checkHeader(*model, model->metadata());
        const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) { return finding.kind == FindingKind::TensorLayout; });
        QVERIFY2(found != findings.end(), qPrintable(text(findings)));
        QCOMPARE(found->tensors, std::vector<std::size_t>{1});
        QVERIFY(found->severity == Severity::Problem);
    }

    void longNames()
    {
        GgufBuilder file;
        file.string("general.architecture", "llama").tensor(std::string(64, 'x'), {8}, 0, 32);
        writeBytes(m_folder / "long.gguf", file.file());
        const auto model = openModel(m_folder / "long.gguf");
        const auto findings = checkHeader(*model, model->metadata());
        QVERIFY2(std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.kind == FindingKind::TensorName; }), qPrintable(text(findings)));
    }

    void otherKindsOfFiles()
    {
        GgufBuilder file;
        file.string("general.type", "imatrix").tensor("blk.0.attn_q.weight.in_sum2", {8}, 0, 32);
        writeBytes(m_folder / "imatrix.gguf", file.file());
        const auto model = openModel(m_folder / "imatrix.gguf");
        const auto findings = checkHeader(*model, model->metadata());
        QVERIFY2(findings.empty(), qPrintable(text(findings)));
    }

    // --- weights ---

    void nonFinite_data()
    {
        QTest::addColumn<int>("type");
        QTest::newRow("F32") << static_cast<int>(TensorType::F32);
        QTest::newRow("F16") << static_cast<int>(TensorType::F16);
        QTest::newRow("BF16") << static_cast<int>(TensorType::BF16);
    }
    void nonFinite()
    {
        QFETCH(int, type);
        const auto stored = static_cast<TensorType>(type);
        const auto path = m_folder / "nan.gguf";
        // Long rows are looked at in several pieces.
        writeMadeGguf(path, {madeTensor("blk.0.ffn_up.weight", {5, 10000}, stored, 3), madeTensor("blk.0.ffn_down.weight", {7, 32}, stored, 4)});
        const auto patch = [&](const char* tensor, std::uint64_t at, bool isNan) {
            if (stored == TensorType::F32)
                patchWeight(path, tensor, at, isNan ? 0x7FC00000U : 0xFF800000U);
            else if (stored == TensorType::F16)
                patchWeight(path, tensor, at, static_cast<std::uint16_t>(isNan ? 0x7E00 : 0xFC00));
            else
                patchWeight(path, tensor, at, static_cast<std::uint16_t>(isNan ? 0x7FC0 : 0xFF80));
        };
        patch("blk.0.ffn_up.weight", 2 * 10000 + 9999, false);
        patch("blk.0.ffn_up.weight", 4 * 10000 + 4097, true);
        patch("blk.0.ffn_up.weight", 4 * 10000 + 4098, true);
        patch("blk.0.ffn_down.weight", 3 * 32 + 5, true);
        const auto model = openModel(path);
        const auto findings = checkWeights(*model, {}, {});
        QCOMPARE(findings.size(), 2u);
        QVERIFY(findings[0].severity == Severity::Problem);
        QCOMPARE(QString::fromStdString(findings[0].what), QStringLiteral("2 NaN and 1 infinite weights, the first in row 2, column 9999"));
        QCOMPARE(findings[1].row, std::optional<std::uint64_t>(3));
        QCOMPARE(findings[1].column, std::optional<std::uint64_t>(5));
        QCOMPARE(QString::fromStdString(placeText(findings[1], *model)), QStringLiteral("blk.0.ffn_down.weight, row 3, column 5"));
    }

    void constantsAndRows()
    {
        const auto model = make({{}, [](auto& tensors) {
            MadeTensor& query = named(tensors, "blk.1.attn_q.weight");
            std::fill(query.weights.begin(), query.weights.end(), 0.0F);
            MadeTensor& up = named(tensors, "blk.0.ffn_up.weight");
            std::fill_n(up.weights.begin() + 5 * 64, 2 * 64, 0.0F);
            std::fill_n(up.weights.begin() + 9 * 64, 64, 0.25F);
            std::fill_n(named(tensors, "token_embd.weight").weights.begin() + 60 * 64, 4 * 64, 0.0F);
            for (int layer = 0; layer < 4; ++layer) {
                auto& norm = named(tensors, "blk." + std::to_string(layer) + ".attn_norm.weight").weights;
                std::fill(norm.begin(), norm.end(), 1.0F);
            }
        }});
        const auto findings = checkWeights(*model, {}, {});
        QCOMPARE(text(findings), QStringLiteral("hint constant-rows [] 4 of 64 rows are all zero, the first is row 60\n"
                                                "warning constant-rows [] 2 of 96 rows are all zero, the first is row 5\n"
                                                "warning constant-rows [] 1 of 96 rows hold one value only, the first is row 9\n"
                                                "warning constant-tensor [] All weights are 0\n"
                                                "hint constant-tensor [] All values are 1\n"));
        QCOMPARE(findings[4].tensors.size(), 4u);
    }

    void duplicates()
    {
        const auto model = make({{}, [](auto& tensors) {
            named(tensors, "blk.3.attn_q.weight").weights = named(tensors, "blk.1.attn_q.weight").weights;
            tensors.push_back(named(tensors, "token_embd.weight"));
            tensors.back().name = "output.weight";
            named(tensors, "blk.2.attn_norm.weight").weights = named(tensors, "blk.0.attn_norm.weight").weights;
        }});
        auto findings = checkWeights(*model, {}, {});
        QCOMPARE(findings.size(), 3u);
        QVERIFY(findings[0].kind == FindingKind::DuplicateTensors && findings[0].severity == Severity::Hint);
        QVERIFY(QString::fromStdString(findings[0].what).contains(QStringLiteral("copy of the token embedding: 16.0 KiB")));
        QVERIFY(findings[1].severity == Severity::Hint); // norms
        QVERIFY(findings[2].severity == Severity::Warning);
        QVERIFY(QString::fromStdString(findings[2].what).contains(QStringLiteral("blk.1.attn_q.weight, blk.3.attn_q.weight")));
        sortFindings(findings);
        QVERIFY(findings.front().severity == Severity::Warning);
        // A single different weight is enough.
        patchWeight(m_folder / "made.gguf", "blk.3.attn_q.weight", 4095, 1.0F);
        QCOMPARE(checkWeights(*openModel(m_folder / "made.gguf"), {}, {}).size(), 2u);
    }

    void everyThreadCountFindsTheSame()
    {
        const auto path = m_folder / "large.gguf";
        std::vector<MadeTensor> tensors{madeTensor("blk.0.ffn_up.weight", {3000, 512}, TensorType::Q8_0, 1),
                                        madeTensor("blk.0.attn_norm.weight", {3000000}, TensorType::F32, 2)};
        std::fill_n(tensors[0].weights.begin() + 2500 * 512, 512 * 3, 0.0F);
        tensors.push_back(tensors[0]);
        tensors.back().name = "blk.1.ffn_up.weight";
        writeMadeGguf(path, tensors);
        const auto model = openModel(path);
        const auto one = checkWeights(*model, {1}, {});
        QCOMPARE(one.size(), 3u);
        QCOMPARE(one[0].row, std::optional<std::uint64_t>(2500));
        QVERIFY(checkWeights(*model, {2}, {}) == one);
        std::uint64_t last = 0;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            QVERIFY(done >= last && total == model->weightCount());
            last = done;
        });
        checkWeights(*model, {2}, {{}, &watcher});
        QCOMPARE(last, model->weightCount());
        StopAfter stop(1);
        VERIFY_ERROR(checkWeights(*model, {1}, stop.control()), ErrorKind::Cancelled, "");
    }

    void typesOfKnownKeys()
    {
        QCOMPARE(QString::fromStdString(expectedTypeText(*knownKey("llama.attention.head_count", "llama"))),
                 QStringLiteral("u32 or an array of i32, one per layer"));
        QVERIFY(!knownKey("llama.attention.head_count", "qwen2"));
        QVERIFY(!knownKey("llama", "llama"));
        QVERIFY(reasonNotToEdit("split.no") && reasonNotToEdit("general.alignment") && !reasonNotToEdit("general.name"));
        QVERIFY(!problemWith("my.own.key", MetadataValue::ofU64(1), {}));
    }
};

QTEST_GUILESS_MAIN(TestFindings)
#include "tst_findings.moc"
