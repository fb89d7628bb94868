// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face folders: config.json in all its forms, single files and shards, and one case for every
// refusal.
#include "core/formats/huggingface/config.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/huggingface/index.h"
#include "core/formats/open.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <algorithm>

using namespace quantlathe;
using namespace quantlathe::test;

namespace fs = std::filesystem;

namespace {

/// JSON with ' for ", so that it can be read here.
std::string quoted(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

std::vector<std::byte> bytesOf(std::string_view text)
{
    return ByteBuilder().text(text).bytes();
}
void writeText(const fs::path& path, const std::string& text)
{
    writeBytes(path, bytesOf(quoted(text)));
}

Metadata flatten(const std::string& json)
{
    return huggingface::flattenJson(bytesOf(quoted(json)), "config.json");
}
Architecture architectureOf(const std::string& json)
{
    return readArchitecture(huggingface::ggufKeysOf(flatten(json)), {}, {});
}
huggingface::Index index(const std::string& json)
{
    return huggingface::parseIndex(bytesOf(quoted(json)), "model.safetensors.index.json");
}

/// A shard with one tensor of four bytes per name.
std::vector<std::byte> shard(const std::vector<std::string>& names)
{
    std::string json = "{'__metadata__':{'format':'pt'}";
    for (std::size_t at = 0; at < names.size(); ++at) {
        json += ",'" + names[at] + "':{'dtype':'U8','shape':[4],'data_offsets':[" + std::to_string(4 * at) +
                "," + std::to_string(4 * at + 4) + "]}";
    }
    return safetensorsBytes(quoted(json + "}"), 4 * names.size());
}

const std::string smallConfig =
    "{'model_type':'llama','hidden_size':64,'num_hidden_layers':1,'num_attention_heads':4}";

/// Two shards and their index.
void writeSharded(const fs::path& folder)
{
    writeText(folder / "config.json", smallConfig);
    writeText(folder / "model.safetensors.index.json",
              "{'metadata':{'total_size':12},'weight_map':{'a':'model-00001-of-00002.safetensors',"
              "'b':'model-00002-of-00002.safetensors','c':'model-00001-of-00002.safetensors'}}");
    writeBytes(folder / "model-00001-of-00002.safetensors", shard({"a", "c"}));
    writeBytes(folder / "model-00002-of-00002.safetensors", shard({"b"}));
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

class TestHuggingFace : public QObject
{
    Q_OBJECT
private slots:
    void flattensConfigs()
    {
        const Metadata config = flatten(
            "{'a':1,'b':-2,'c':1.5,'d':true,'e':null,'f':'x','g':{'h':{'i':3}},'j':[1,2],'k':['x'],"
            "'l':[],'m':[1,-2],'n':[1,2.5],'o':[1,'x'],'p':[{'q':1},null,[2]],'r':[true],'s':[null,1]}");
        QCOMPARE(config.unsignedInteger("a"), std::optional<std::uint64_t>(1));
        QCOMPARE(config.real("b"), std::optional(-2.0));
        QCOMPARE(config.real("c"), std::optional(1.5));
        QCOMPARE(config.boolean("d"), std::optional(true));
        QVERIFY(!config.find("e"));
        QCOMPARE(config.unsignedInteger("g.h.i"), std::optional<std::uint64_t>(3));
        QCOMPARE(config.array("j")->size(), 2u);
        QCOMPARE(config.array("l")->size(), 0u);
        QCOMPARE(std::get<std::int64_t>(config.array("m")->at(1)), std::int64_t{-2});
        QCOMPARE(std::get<double>(config.array("n")->at(0)), 1.0);
        QCOMPARE(config.unsignedInteger("o.0"), std::optional<std::uint64_t>(1));
        QCOMPARE(config.string("o.1"), std::optional<std::string>("x"));
        QCOMPARE(config.unsignedInteger("p.0.q"), std::optional<std::uint64_t>(1));
        QCOMPARE(std::get<std::uint64_t>(config.array("p.2")->at(0)), std::uint64_t{2});
        QCOMPARE(config.array("r")->elementType(), MetadataType::Bool);
        QCOMPARE(config.unsignedInteger("s.1"), std::optional<std::uint64_t>(1));
    }

    void refusesBadConfigs()
    {
        VERIFY_ERROR(flatten("[1]"), ErrorKind::BadFormat, "must be a JSON object, not a list");
        for (const char* text : {"5", "-5", "0.5", "true", "null", "'x'"}) // null was found by fuzzing
            VERIFY_ERROR(flatten(text), ErrorKind::BadFormat, "must be a JSON object");
        VERIFY_ERROR(flatten(""), ErrorKind::BadFormat, "is not valid JSON");
        VERIFY_ERROR(flatten("{'a':1,}"), ErrorKind::BadFormat, "is not valid JSON");
        VERIFY_ERROR(flatten("{'a':1e999}"), ErrorKind::BadFormat, "is not valid JSON");
        VERIFY_ERROR(flatten("{'a':1,'a':2}"), ErrorKind::BadFormat, "'a' appears twice");
        std::string deep;
        for (int level = 0; level < 1000; ++level)
            deep += "{'a':";
        VERIFY_ERROR(flatten(deep), ErrorKind::BadFormat, "nested deeper than 64");
        VERIFY_ERROR(flatten("{'" + std::string(600, 'a') + "':{'" + std::string(600, 'b') + "':1}}"),
                     ErrorKind::BadFormat, "a JSON key is longer than 1024 bytes");
        VERIFY_ERROR(huggingface::flattenJson(std::vector<std::byte>((16 << 20) + 1), "config.json"),
                     ErrorKind::BadFormat, "of more than 16.0 MiB is not read");
        std::string wide = "{'" + std::string(1000, 'a') + "':[{}"; // every element repeats the long key
        for (int element = 0; element < 70'000; ++element)
            wide += ",1";
        VERIFY_ERROR(flatten(wide + "]}"), ErrorKind::BadFormat,
                     "nested keys repeat beyond any reasonable size");
    }

    void bothGenerationsOfKeys()
    {
        const Hyperparameters old =
            architectureOf(
                "{'model_type':'qwen2','hidden_size':64,'num_hidden_layers':2,'num_attention_heads':4,"
                "'rope_theta':1000000.0,'torch_dtype':'float16'}")
                .parameters;
        const Hyperparameters now =
            architectureOf(
                "{'model_type':'qwen2','hidden_size':64,'num_hidden_layers':2,'num_attention_heads':4,"
                "'rope_parameters':{'rope_theta':1000000.0,'rope_type':'default'},'dtype':'float16'}")
                .parameters;
        QCOMPARE(old.ropeFrequencyBase, 1e6);
        QCOMPARE(now.ropeFrequencyBase, 1e6);
        QCOMPARE(now.keyLength, 16u);
        QCOMPARE(now.headCountKv, Numbers(2, 4));
    }

    void nestedTextConfig()
    {
        const Architecture architecture =
            architectureOf("{'model_type':'gemma3','text_config':{'model_type':'gemma3_text','hidden_size':"
                           "64,'num_hidden_layers':7,"
                           "'num_attention_heads':4,'num_key_value_heads':2,'head_dim':32,'sliding_window':"
                           "512,'sliding_window_pattern':6},"
                           "'vision_config':{'hidden_size':9,'num_hidden_layers':27}}");
        QCOMPARE(architecture.name, std::string("gemma3"));
        QCOMPARE(architecture.parameters.layerCount, 7u);
        QCOMPARE(architecture.parameters.keyLength, 32u);
        QCOMPARE(architecture.parameters.slidingWindow, 512u);
        QCOMPARE(architecture.parameters.slidingWindowLayers,
                 (std::vector<bool>{true, true, true, true, true, false, true}));
    }

    void layerTypes()
    {
        const Hyperparameters oss =
            architectureOf(
                "{'model_type':'gpt_oss','hidden_size':64,'num_hidden_layers':2,'num_attention_heads':4,"
                "'sliding_window':128,'layer_types':['full_attention','sliding_attention']}")
                .parameters;
        QCOMPARE(oss.slidingWindowLayers, (std::vector<bool>{false, true}));
        const Hyperparameters hybrid =
            architectureOf(
                "{'model_type':'qwen3_5_text','hidden_size':64,'num_hidden_layers':2,'num_attention_heads':4,"
                "'num_key_value_heads':2,'full_attention_interval':2,'layer_types':['linear_attention','full_"
                "attention'],"
                "'linear_num_value_heads':8,'linear_value_head_dim':16}")
                .parameters;
        QCOMPARE(hybrid.headCountKv, (Numbers{0, 2}));
        QCOMPARE(hybrid.recurrentLayers, (std::vector<bool>{true, false}));
        QCOMPARE(hybrid.stateInnerSize, 128u);
        const Hyperparameters unused =
            architectureOf(
                "{'model_type':'qwen2','hidden_size':64,'num_hidden_layers':2,'num_attention_heads':4,"
                "'use_sliding_window':false,'sliding_window':4096}")
                .parameters;
        QCOMPARE(unused.slidingWindow, 0u);
    }

    void singleKeyValueHeads()
    {
        const auto heads = [](const std::string& rest) {
            return architectureOf("{'hidden_size':64,'num_hidden_layers':1,'num_attention_heads':8," + rest +
                                  "}")
                .parameters.headCountKv;
        };
        QCOMPARE(heads("'model_type':'falcon','multi_query':true"), Numbers(1, 1));
        QCOMPARE(
            heads(
                "'model_type':'falcon','multi_query':true,'new_decoder_architecture':true,'num_kv_heads':2"),
            Numbers(1, 2));
        QCOMPARE(heads("'model_type':'gpt_bigcode','multi_query':true"), Numbers(1, 1));
        QCOMPARE(heads("'model_type':'chatglm','multi_query_group_num':2"), Numbers(1, 2));
    }

    void hostileNumbers()
    {
        const Architecture architecture = architectureOf(
            "{'model_type':'gpt2','n_embd':18446744073709551615,'n_layer':18446744073709551615,"
            "'n_head':0,'kv_lora_rank':18446744073709551615,'qk_rope_head_dim':5}");
        QCOMPARE(architecture.parameters.layerCount, 0u);
        (void)architectureOf(
            "{'model_type':'falcon','hidden_size':9223372036854775808,'partial_rotary_factor':1e308,"
            "'num_attention_heads':1,'num_hidden_layers':3}");
    }

    void foldersOfForeignOrigin_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("kvHeads");
        const auto row = [](const char* folder, const char* architecture, int kvHeads) {
            QTest::newRow(folder) << QString(architecture) << kvHeads;
        };
        row("llama", "llama", 2);
        row("mistral", "llama", 2);
        row("mixtral", "llama", 2);
        row("qwen2", "qwen2", 2);
        row("qwen2_moe", "qwen2moe", 2);
        row("qwen3", "qwen3", 2);
        row("qwen3_moe", "qwen3moe", 2);
        row("gemma2", "gemma2", 2);
        row("gemma3_text", "gemma3", 2);
        row("phi3", "phi3", 2);
        row("gpt2", "gpt2", 4);
        row("falcon", "falcon", 1);
        row("deepseek_v2", "deepseek2", 1);
        row("deepseek_v3", "deepseek2", 1);
        row("gpt_oss", "gpt-oss", 2);
    }

    void foldersOfForeignOrigin()
    {
        QFETCH(QString, architecture);
        QFETCH(int, kvHeads);
        const auto model = openModel(fixture(std::string("hf/") + QTest::currentDataTag()));
        QCOMPARE(model->format(), ModelFormat::HuggingFace);
        const Architecture& read = model->architecture();
        QCOMPARE(QString::fromStdString(read.name), architecture);
        QVERIFY2(read.isKnown && read.notes.empty(), read.notes.empty() ? "" : read.notes.front().c_str());
        QCOMPARE(read.parameters.layerCount, 2u);
        QCOMPARE(read.parameters.embeddingLength, 32u);
        QCOMPARE(read.parameters.vocabularySize, 64u);
        QCOMPARE(read.parameters.headCountKv, Numbers(2, static_cast<std::uint64_t>(kvHeads)));
        QVERIFY(read.parameters.feedForwardLength.size() == 2 && read.parameters.feedForwardLength[0] > 0);
        QVERIFY(read.parameters.contextLength > 0 && read.parameters.normEpsilon > 0);
        // Every key and value matrix agrees with what was read.
        for (std::size_t tensor = 0; tensor < model->tensors().size(); ++tensor) {
            const TensorPlace& place = model->place(tensor);
            QVERIFY2(place.role != TensorRole::Other, model->tensors()[tensor].name().c_str());
            if (place.role == TensorRole::AttentionKey && !place.isBias)
                QCOMPARE(model->tensors()[tensor].shape().rowCount(),
                         static_cast<std::uint64_t>(kvHeads) * read.parameters.keyLength);
        }
        const bool hasOutput = model->indexOf("lm_head.weight").has_value();
        QCOMPARE(read.parameters.isEmbeddingTied, !hasOutput);
    }

    void realConfigs()
    {
        // Some 100 configs of 50 architectures: each gives what any estimate needs.
        QUANTLATHE_NEED_SHARED_DATA(data);
        int known = 0;
        int count = 0;
        for (const fs::directory_entry& entry : fs::directory_iterator(data / "models/found/configs")) {
            const std::string folder = entry.path().filename().string();
            if (!fs::exists(entry.path() / "config.json"))
                continue;
            const Metadata config = huggingface::readConfig(entry.path() / "config.json");
            const Architecture architecture = readArchitecture(huggingface::ggufKeysOf(config), {}, {});
            const Hyperparameters& p = architecture.parameters;
            ++count;
            known += architecture.isKnown ? 1 : 0;
            if (folder == "mlc__llava") // leaves nearly everything of its language model to Llama's defaults
                continue;
            QVERIFY2(p.layerCount > 0 && p.embeddingLength > 0 && p.vocabularySize > 0, folder.c_str());
            if (folder.starts_with("mlc__rwkv"))
                continue;
            QCOMPARE(p.headCountKv.size(), p.layerCount);
            QVERIFY2(p.headCount.front() > 0 && p.headCountKv.back() > 0, folder.c_str());
            QVERIFY2(p.keyLength >= 8 && p.valueLength >= 8, folder.c_str());
            QVERIFY2(!p.feedForwardLength.empty() && p.feedForwardLength.front() > 0, folder.c_str());
        }
        qInfo("%d of %d configs are of architectures with rules of their own", known, count);
        QVERIFY(count >= 90 && known >= 80);
    }

    void realConfigsInDetail()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto read = [&](const std::string& folder) {
            return readArchitecture(huggingface::ggufKeysOf(huggingface::readConfig(
                                        data / "models/found/configs" / folder / "config.json")),
                                    {}, {})
                .parameters;
        };
        const Hyperparameters deepseek = read("deepseek-v3");
        QVERIFY(deepseek.mlaKvLoraRank == 512 && deepseek.mlaRopeDimension == 64 &&
                deepseek.keyLength == 192 && deepseek.valueLength == 128);
        QVERIFY(deepseek.expertCount == 256 && deepseek.expertUsedCount == 8 &&
                deepseek.expertFeedForwardLength == 2048);
        const Hyperparameters oss = read("gpt-oss-20b");
        QVERIFY(oss.expertCount == 32 && oss.expertUsedCount == 4 && oss.slidingWindow == 128);
        QCOMPARE(std::count(oss.slidingWindowLayers.begin(), oss.slidingWindowLayers.end(), true), 12);
        const Hyperparameters gemma = read("mlc__gemma3_1b_it");
        QVERIFY(gemma.slidingWindow == 512 && gemma.keyLength == 256 && gemma.headCountKv.front() == 1);
        QCOMPARE(std::count(gemma.slidingWindowLayers.begin(), gemma.slidingWindowLayers.end(), false),
                 4); // 26 layers, every sixth
        const Hyperparameters hybrid = read("qwen3.5-9b-mlx-8bit");
        QCOMPARE(std::count(hybrid.recurrentLayers.begin(), hybrid.recurrentLayers.end(), false), 8);
        QVERIFY(hybrid.stateInnerSize == 4096 && hybrid.stateSize == 128 && hybrid.stateGroups == 16 &&
                hybrid.ropeDimension == 64);
        QCOMPARE(hybrid.ropeFrequencyBase, 1e7);
        const Hyperparameters chat = read("mlc__chatglm");
        QVERIFY(chat.headCountKv.front() == 2 && chat.layerCount == 28 && chat.vocabularySize == 65024);
        const Hyperparameters dbrx = read("neuronx__dbrx-132b");
        QVERIFY(dbrx.headCountKv.front() == 8 && dbrx.expertCount == 16 && dbrx.ropeFrequencyBase == 500000);
        const Hyperparameters gpt2 = read("mlc__gpt2");
        QVERIFY(gpt2.feedForwardLength.front() == 3072 && gpt2.contextLength == 1024 &&
                gpt2.headCountKv.front() == 12);
        const Hyperparameters mixtral = read("mixtral-8x22b");
        QVERIFY(mixtral.expertCount == 8 &&
                mixtral.expertFeedForwardLength == mixtral.feedForwardLength.front());
        const Hyperparameters vision = read("genworker__mistral3-vl");
        QVERIFY(vision.layerCount == 26 && vision.embeddingLength == 3072 && vision.headCountKv.front() == 8);
    }

    void opensShards()
    {
        ScratchFolder folder;
        writeSharded(folder.path());
        for (const fs::path& path :
             {folder.path(), folder / "model.safetensors.index.json", folder / "config.json"}) {
            const auto model = openModel(path);
            QCOMPARE(model->format(), ModelFormat::HuggingFace);
            QCOMPARE(model->tensors().size(), 3u);
            QCOMPARE(model->files().size(), 2u);
            QCOMPARE(model->tensors()[2].name(), std::string("b")); // shard after shard
            QCOMPARE(*model->metadata().string("__metadata__.format"), std::string("pt"));
            QCOMPARE(*model->metadata().unsignedInteger("hidden_size"), 64u);
            QVERIFY(model->fileBytes() > model->tensorBytes());
        }
    }

    void configBesideASingleFile()
    {
        ScratchFolder folder;
        writeText(folder / "config.json", smallConfig);
        writeBytes(folder / "model.safetensors", shard({"a"}));
        QCOMPARE(openModel(folder / "model.safetensors")->architecture().name, std::string("llama"));
        writeText(folder / "config.json", "{'broken");
        const auto model = openModel(folder / "model.safetensors"); // opens all the same ...
        QVERIFY(model->architecture().notes.back().find("config.json beside it was not used") !=
                std::string::npos);
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::BadFormat,
                     "is not valid JSON"); // ... but the folder does not
    }

    void folderWithoutConfig()
    {
        ScratchFolder folder;
        writeBytes(folder / "model.safetensors", shard({"model.layers.0.mlp.down_proj.weight"}));
        const auto model = openModel(folder.path());
        const auto& notes = model->architecture().notes;
        QVERIFY(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
            return note.find("no config.json") != std::string::npos;
        }));
        QVERIFY(model->place(0).role == TensorRole::FeedForwardDown);
        fs::rename(folder / "model.safetensors",
                   folder / "adapter_model.safetensors"); // the only one: no doubt
        QCOMPARE(openModel(folder.path())->tensors().size(), 1u);
    }

    void refusesFoldersWithoutWeights()
    {
        ScratchFolder folder;
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::NotFound, "holds no weights");
        writeText(folder / "config.json", smallConfig);
        VERIFY_ERROR(openModel(folder / "config.json"), ErrorKind::NotFound, "holds no weights");
        writeText(folder / "pytorch_model.bin", "x");
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::Unsupported,
                     "cannot be opened yet: pytorch_model.bin");
        writeText(folder / "model.gguf", "x");
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::NotFound, "holds GGUF files: model.gguf");
        writeBytes(folder / "one.safetensors", shard({"a"}));
        writeBytes(folder / "two.safetensors", shard({"a"}));
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::NotFound, "holds 2 safetensors files, but neither");
        VERIFY_ERROR(openModel(folder / "missing"), ErrorKind::NotFound, "No such file");
    }

    void refusesBrokenShards()
    {
        ScratchFolder folder;
        writeSharded(folder.path());
        writeBytes(folder / "model-00002-of-00002.safetensors", shard({"x"}));
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::BadFormat,
                     "tensor 'b': the index says it is in model-00002-of-00002.safetensors, but it is not");
        writeBytes(folder / "model-00002-of-00002.safetensors", shard({"b", "a"}));
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::BadFormat,
                     "tensor 'a': the same tensor is in model-00001-of-00002.safetensors, too");
        writeBytes(folder / "model-00002-of-00002.safetensors", shard({"b", "extra"}));
        const auto model = openModel(folder.path());
        QCOMPARE(model->tensors().size(), 4u);
        QVERIFY(model->architecture().notes.back().find(
                    "1 tensors of model-00002-of-00002.safetensors are not in the index: extra") !=
                std::string::npos);
        fs::remove(folder / "model-00002-of-00002.safetensors");
        VERIFY_ERROR(openModel(folder.path()), ErrorKind::NotFound,
                     "1 of the 2 files that the index names are missing: model-00002-of-00002.safetensors");
    }

    void refusesBadIndices()
    {
        VERIFY_ERROR(index("{}"), ErrorKind::BadFormat, "has no weight_map");
        VERIFY_ERROR(index("{'weight_map':{}}"), ErrorKind::BadFormat, "weight_map is empty");
        for (const char* value : {"'x'", "[]", "5", "null", "true", "-1", "1.5"})
            VERIFY_ERROR(index(std::string("{'weight_map':") + value + "}"), ErrorKind::BadFormat,
                         "weight_map");
        for (const char* value : {"{}", "[]", "5", "null", "true", "-1", "1.5"})
            VERIFY_ERROR(index(std::string("{'weight_map':{'a':") + value + "}}"), ErrorKind::BadFormat,
                         "must map each tensor's name to a file name");
        for (const char* name : {"", "/etc/passwd", "../x", "a/../../x", "..", "a/", "a\\u0000b"}) {
            VERIFY_ERROR(index(std::string("{'weight_map':{'t':'") + name + "'}}"), ErrorKind::BadFormat,
                         "not inside its folder");
        }
        VERIFY_ERROR(index("{'weight_map':{'a':'x','a':'y'}}"), ErrorKind::BadFormat, "'a' appears twice");
        QCOMPARE(index("{'weight_map':{'a':'sub/x'},'metadata':{'n':[1,{}]}}").size(), 1u);
        std::string many = "{'weight_map':{";
        for (int at = 0; at <= 10'000; ++at)
            many += (at ? ",'" : "'") + std::to_string(at) + "':'f" + std::to_string(at) + "'";
        VERIFY_ERROR(index(many + "}}"), ErrorKind::BadFormat, "names more than 10000 files");
        many = "{'weight_map':{";
        for (int at = 0; at <= 1'000'000; ++at)
            many += (at ? ",'" : "'") + std::to_string(at) + "':'f'";
        VERIFY_ERROR(index(many + "}}"), ErrorKind::BadFormat, "has more than 1000000 tensors");
        VERIFY_ERROR(huggingface::parseIndex(std::vector<std::byte>(100'000'001), "i.json"),
                     ErrorKind::BadFormat, "are not read");
    }

    void otherJsonFiles()
    {
        ScratchFolder folder;
        writeText(folder / "tokenizer.json", "{'version':'1.0'}");
        VERIFY_ERROR(openModel(folder / "tokenizer.json"), ErrorKind::Unsupported,
                     "neither a model's config.json nor an index");
        writeText(folder / "x.json", " {'version'");
        VERIFY_ERROR(openModel(folder / "x.json"), ErrorKind::BadFormat, "is not valid JSON");
    }

    void findsTokenizerFiles()
    {
        ScratchFolder folder;
        QVERIFY(!huggingface::findTokenizerFiles(folder.path()).tokenizer);
        writeText(folder / "tokenizer.json", "{}");
        writeText(folder / "spiece.model", "x");
        const auto files = huggingface::findTokenizerFiles(folder.path());
        QCOMPARE(*files.tokenizer, folder / "tokenizer.json");
        QCOMPARE(*files.sentencePiece, folder / "spiece.model");
        QVERIFY(!files.merges);
    }
};

QTEST_APPLESS_MAIN(TestHuggingFace)
#include "tst_huggingface.moc"
