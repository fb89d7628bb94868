// SPDX-License-Identifier: GPL-3.0-or-later
// openModel(): recognising formats, every file of the shared test data, and huge models.
#include "core/formats/open.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <QProcess>
#include <QRegularExpression>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>

using namespace quantlathe;
using namespace quantlathe::test;
using namespace std::string_literals;

namespace fs = std::filesystem;

namespace {

/// Memory that really is in RAM now, mapped pages included, in MiB (/proc/self/status).
double residentMebibytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:"))
            return std::stod(line.substr(6)) / 1024.0;
    }
    return -1;
}

/// What a file of the shared test data must give: it opens, or its refusal contains this text.
std::string expectationFor(const fs::path& file)
{
    const std::string name = file.filename().string();
    const std::string extension = file.extension().string();
    static const std::map<std::string, std::string> special = {
        {"tiny.gguf", "the file is truncated or damaged"}, // a header whose tensor has no data
        {"tiny.safetensors",
         "the last 5 bytes belong to no tensor"}, // the format's own library refuses it, too
        {"gguf-quantizor-imatrix.dat", "importance matrix"},
        {"src__pytorch__tests__reader__test_data__broken.pt", "not a model file of a known format"},
        {"shakespeare-qwen2-1m.imatrix.dat", "importance matrix"},
    };
    if (const auto found = special.find(name); found != special.end())
        return found->second;
    if (extension == ".gguf" || extension == ".safetensors")
        return {};
    return "?"; // any refusal that names the format
}

} // namespace

class TestOpen : public QObject
{
    Q_OBJECT
private slots:
    void namesForeignFormats_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()))
                                << QString(expected);
        };
        const std::string zipHead = "PK\x03\x04"s + std::string(22, '\0') + "\x10\0\0\0"s;
        row("pytorch", zipHead + "archive/data.pkl", "a PyTorch archive");
        row("zip", zipHead + "folder/some.file", "a zip archive");
        row("npz", zipHead + "tensor/arr_0.npy", "a NumPy archive");
        row("short zip", "PK\x03\x04", "a zip archive");
        row("old torch", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
            "a PyTorch file in the form before version 1.6");
        row("pickle", "\x80\x04\x95...", "a Python pickle");
        row("ggml", "lmgg\1\0\0\0"s, "a legacy ggml file (before GGUF, without version)");
        row("ggmf", "fmgg\1\0\0\0"s, "a legacy ggml file (ggmf");
        row("ggjt", "tjgg\3\0\0\0"s, "a legacy ggml file (ggjt");
        row("ggla", "algg\1\0\0\0"s, "LoRA adapter");
        row("hdf5", "\x89HDF\r\n\x1a\n"s, "HDF5");
        row("npy", "\x93NUMPY\1\0"s, "a NumPy array");
        row("tflite", "\x1c\0\0\0TFL3"s, "TensorFlow Lite");
        row("tar", std::string(257, 'a') + "ustar", "a tar archive");
        row("gzip", "\x1f\x8b\x08", "a gzip archive");
        row("zstd", "\x28\xb5\x2f\xfd", "a Zstandard archive");
        row("7z", "7z\xbc\xaf\x27\x1c", "a 7-Zip archive");
        row("elf",
            "\x7f"
            "ELF",
            "a program");
        row("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer");
        row("html", "<!DOCTYPE html><html>", "a web page");
        row("imatrix", "\1\0\0\0\x14\0\0\0blk.0.ffn_down.weight"s.replace(4, 1, "\x15"), "importance matrix");
        row("onnx", "\x08\x09\x3a\x02\x0a\x00\x42\x02\x10\x15"s, "an ONNX model");
    }

    void namesForeignFormats()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        ScratchFolder folder;
        writeBytes(folder / "model.gguf",
                   ByteBuilder().text(bytes.toStdString()).bytes()); // the name must not matter
        VERIFY_ERROR(openModel(folder / "model.gguf"), ErrorKind::Unsupported, expected.toStdString());
    }

    void refusesWhatIsNoModel()
    {
        ScratchFolder folder;
        const auto open = [&](const std::string& content) {
            writeBytes(folder / "x", ByteBuilder().text(content).bytes());
            return openModel(folder / "x");
        };
        VERIFY_ERROR(open(""), ErrorKind::BadFormat, "is empty");
        VERIFY_ERROR(open("hello, I am a text"), ErrorKind::BadFormat, "starts with 'hello, I'");
        VERIFY_ERROR(open("a text {with a brace}"), ErrorKind::BadFormat,
                     "not a model file of a known format");
        VERIFY_ERROR(open(std::string(64, '\0')), ErrorKind::BadFormat, "not a model file of a known format");
        VERIFY_ERROR(open("GGUF"), ErrorKind::BadFormat, "the file ends inside the version");
        VERIFY_ERROR(open("\xff\xff\xff\xff\xff\xff\xff\xff{}"), ErrorKind::BadFormat,
                     "claims a header of 18446744073709551615");
        VERIFY_ERROR(openModel(folder / "missing"), ErrorKind::NotFound, "No such file");
        VERIFY_ERROR(openModel("/dev/null"), ErrorKind::Unsupported, "is not a regular file");
    }

    void everySharedFile()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        int opened = 0;
        int refused = 0;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data / "models")) {
            if (!entry.is_regular_file())
                continue;
            const fs::path& path = entry.path();
            const std::string expected = expectationFor(path);
            std::shared_ptr<const Model> model;
            const auto error = errorOf([&] { model = openModel(path); });
            if (expected.empty()) {
                QVERIFY2(!error, error ? error->what() : "");
                for (const Tensor& tensor : model->tensors()) {
                    std::vector<float> row(tensor.shape().rowLength());
                    if (tensor.canDecode() && tensor.shape().rowCount() > 0)
                        tensor.decodeRows(tensor.shape().rowCount() - 1, 1, row.data());
                }
                ++opened;
                continue;
            }
            if (!error) { // config.json of a complete folder
                QVERIFY2(path.extension() == ".json" && model->format() == ModelFormat::HuggingFace,
                         path.c_str());
                continue;
            }
            ++refused;
            const bool isNamed = expected == "?" ? !error->message().empty() && !error->place().file.empty()
                                                 : error->message().find(expected) != std::string::npos;
            QVERIFY2(isNamed, error->what());
            const std::string extension = path.extension().string();
            const auto isOneOf = [&](std::initializer_list<const char*> parts) {
                return std::any_of(parts.begin(), parts.end(), [&](const char* part) {
                    return error->message().find(part) != std::string::npos;
                });
            };
            if (expected == "?" && (extension == ".pt" || extension == ".pth"))
                QVERIFY2(isOneOf({"PyTorch", "pickle", "zip archive", "is empty", "tar archive"}),
                         error->what());
            if (extension == ".onnx")
                QVERIFY2(isOneOf({"ONNX"}), error->what());
            if (path.string().find("ggml-legacy") != std::string::npos)
                QVERIFY2(isOneOf({"legacy ggml"}), error->what());
        }
        qInfo("%d files opened, %d refused", opened, refused);
        QVERIFY(opened >= 35 && refused > 100);
    }

    void everySharedFolder()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        std::set<fs::path> folders;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data / "models")) {
            if (entry.path().filename() == "config.json")
                folders.insert(entry.path().parent_path());
        }
        int complete = 0;
        for (const fs::path& folder : folders) {
            std::shared_ptr<const Model> model;
            const auto error = errorOf([&] { model = openModel(folder); });
            const bool hasWeights = fs::exists(folder / "model.safetensors") ||
                                    fs::exists(folder / "model-00001-of-00004.safetensors");
            QVERIFY2(hasWeights == (model != nullptr), error ? error->what() : folder.c_str());
            if (!hasWeights) {
                QVERIFY2(error->kind() == ErrorKind::NotFound || error->kind() == ErrorKind::Unsupported,
                         error->what());
                continue;
            }
            ++complete;
            const std::string name = folder.filename().string();
            if (name.starts_with("shakespeare-qwen2")) {
                const Hyperparameters& p = model->architecture().parameters;
                QCOMPARE(model->architecture().name, std::string("qwen2"));
                QVERIFY(p.embeddingLength == 256 && p.layerCount == p.headCountKv.size());
            }
        }
        QVERIFY(complete >= 8);
    }

    void storiesAndTheirOddities()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto model = openModel(data / "models/found/stories260K/stories260K.gguf");
        const Hyperparameters& p = model->architecture().parameters;
        QCOMPARE(*model->metadata().unsignedInteger("tokenizer.ggml.padding_token_id"), 4294967295u);
        QCOMPARE(p.contextLength, 2048u);
        QVERIFY(!p.isEmbeddingTied); // output.weight is stored although it equals the embedding
        QCOMPARE(p.embeddingLength, 64u);
        const auto vocabulary = openModel(data / "models/found/gguf-vocab/ggml-vocab-gpt-2.gguf");
        QVERIFY(vocabulary->tensors().empty());
        QVERIFY(vocabulary->metadata().array("tokenizer.ggml.tokens")->size() > 50'000);
    }

    void hugeHeaderOpensAtOnce()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        ScratchFolder folder;
        QProcess python;
        python.start("python3", {QString::fromStdString((data / "memory/make_headers.py").string()),
                                 QString::fromStdString(folder.path().string()), "llama31-70b"});
        if (!python.waitForStarted())
            QSKIP("python3 is needed to make the 141 GB file");
        QVERIFY(python.waitForFinished(60'000));
        QCOMPARE(python.exitCode(), 0);
        const fs::path file = folder / "llama31-70b.F16.gguf";
        QVERIFY(fs::file_size(file) > 141'000'000'000);
        const double before = residentMebibytes();
        std::shared_ptr<const Model> model;
        const double elapsed = processorMilliseconds([&] { model = openModel(file); });
        const double after = residentMebibytes();
        qInfo("141 GB: %.1f ms, resident %.1f MiB (%.1f before)", elapsed, after,
              before);
        QCOMPARE(model->weightCount(), 70'553'706'560u);
        QCOMPARE(model->architecture().parameters.layerCount, 80u);
        QVERIFY(elapsed < 500);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        QVERIFY(after < 150);
#endif
    }

    void thirtyShardsOpenAtOnce()
    {
        // 30 shards of 5 GB apparent size and a real model's number of tensors; sparse, so they take no room.
        ScratchFolder folder;
        constexpr int shards = 30;
        constexpr int layersPerShard = 3;
        constexpr std::uint64_t tensorBytes = 5'000'000'000 / (layersPerShard * 9) / 8192 * 8192;
        std::string weightMap;
        for (int shard = 0; shard < shards; ++shard) {
            const std::string file = "model-" +
                                     QString::number(shard + 1).rightJustified(5, '0').toStdString() +
                                     "-of-00030.safetensors";
            std::string json;
            std::uint64_t end = 0;
            for (int layer = shard * layersPerShard; layer < (shard + 1) * layersPerShard; ++layer) {
                for (const char* part : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                         "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
                                         "input_layernorm", "post_attention_layernorm"}) {
                    const std::string name = "model.layers." + std::to_string(layer) + "." + part + ".weight";
                    json += (json.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"BF16\",\"shape\":[" +
                            std::to_string(tensorBytes / 8192) + ",4096],\"data_offsets\":[" +
                            std::to_string(end) + "," + std::to_string(end + tensorBytes) + "]}";
                    end += tensorBytes;
                    weightMap += (weightMap.empty() ? "\"" : ",\"") + name + "\":\"" + file + "\"";
                }
            }
            writeBytes(folder / file, safetensorsBytes(json + "}", 0));
            fs::resize_file(folder / file, fs::file_size(folder / file) + end);
        }
        writeBytes(folder / "model.safetensors.index.json",
                   ByteBuilder().text("{\"weight_map\":{" + weightMap + "}}").bytes());
        writeBytes(folder / "config.json",
                   ByteBuilder().text("{\"model_type\":\"llama\",\"num_hidden_layers\":90}").bytes());
        std::shared_ptr<const Model> model;
        const double elapsed = processorMilliseconds([&] { model = openModel(folder.path()); });
        const double resident = residentMebibytes();
        qInfo("30 shards, %llu GB: %.1f ms, resident %.1f MiB",
              static_cast<unsigned long long>(model->fileBytes() / 1'000'000'000),
              elapsed, resident);
        QCOMPARE(model->tensors().size(), static_cast<std::size_t>(shards * layersPerShard * 9));
        QVERIFY(model->fileBytes() > 149'000'000'000);
        QVERIFY(elapsed < 500);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        QVERIFY(resident < 150);
#endif
    }
};

QTEST_APPLESS_MAIN(TestOpen)
#include "tst_open.moc"
