// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/quantize_job.h"

#include "core/analysis/comparison.h"
#include "core/base/atomic_file.h"
#include "core/jobs/read_back.h"
#include "core/plan/presets.h"
#include "made_model.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <set>
#include <sys/mount.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// Files in a folder, hidden ones too.
std::set<std::string> filesIn(const std::filesystem::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

QuantizeRequest requestFor(const std::filesystem::path& source, const std::filesystem::path& target, TensorType type)
{
    QuantizeRequest request;
    request.model = openModel(source);
    request.plan = planFromType(*request.model, type);
    request.target = target;
    return request;
}

void writeText(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path) << text;
}

std::string readText(const std::filesystem::path& path)
{
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

class TestQuantizeJob : public QObject
{
    Q_OBJECT
private slots:
    void writesWhatTheCodecGives()
    {
        ScratchFolder folder;
        const auto tensors = madeLlama(2);
        writeMadeGguf(folder / "in.gguf", tensors,
                      [](Metadata& metadata) { metadata.append("some.key", MetadataValue::ofF32(0.5F)); });
        const auto result = runQuantize(requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q5_1), {});
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf", "out.gguf"}));
        QCOMPARE(std::filesystem::file_size(folder / "out.gguf"), result.totalBytes);

        const auto model = openModel(folder / "out.gguf");
        QCOMPARE(model->tensors().size(), tensors.size());
        QCOMPARE(model->metadata().real("some.key"), std::optional(0.5));
        QCOMPARE(model->metadata().unsignedInteger("general.file_type"), std::optional<std::uint64_t>(9));
        QCOMPARE(model->metadata().unsignedInteger("general.quantization_version"), std::optional<std::uint64_t>(2));
        for (std::size_t index = 0; index < tensors.size(); ++index) {
            const Tensor& tensor = model->tensors()[index];
            const TensorType type = tensors[index].shape.rank() == 1 ? TensorType::F32 : TensorType::Q5_1;
            QCOMPARE(tensor.name(), tensors[index].name);
            QCOMPARE(tensor.type(), type);
            const auto expected = encodedBytes(tensors[index].weights, tensor.shape().rowLength(), type);
            QVERIFY(std::equal(tensor.bytes().begin(), tensor.bytes().end(), expected.begin(), expected.end()));
            const TensorResult& told = result.tensors[index];
            QCOMPARE(told.isCopy, type == TensorType::F32);
            QCOMPARE(told.error.weights, told.isCopy ? 0u : tensor.shape().weightCount());
            QVERIFY(told.isCopy || (told.error.relativeRms() > 0.01 && told.error.relativeRms() < 0.1));
        }
        QVERIFY(result.error.weights > 0);
    }

    void threadsAndMemoryDoNotChangeTheBytes()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(3, TensorType::BF16));
        std::vector<std::byte> first;
        double error = -1;
        for (const unsigned threads : {1u, 2u, 3u, 8u}) {
            for (const std::uint64_t memory : {std::uint64_t{4} << 20, std::uint64_t{1} << 30}) {
                auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q4_0);
                request.threads = threads;
                request.maximumMemoryBytes = memory;
                const auto result = runQuantize(request, {});
                const auto bytes = readBytes(folder / "out.gguf");
                if (first.empty()) {
                    first = bytes;
                    error = result.error.squaredError;
                }
                QVERIFY(bytes == first);
                QCOMPARE(result.error.squaredError, error); // bit for bit
            }
        }
    }

    void tooLittleMemoryIsRefused()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(1));
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        request.maximumMemoryBytes = 100'000;
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::InvalidArgument, "needs at least");
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf"}));
    }

    void splitOutputReopensWhole()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        runQuantize(request, {});
        request.splitBytes = 700'000;
        const auto result = runQuantize(request, {});
        QVERIFY(result.files.size() > 2);
        const auto whole = openModel(folder / "out.gguf");
        const auto parts = openModel(result.files[1]);
        QCOMPARE(parts->tensors().size(), whole->tensors().size());
        for (const TensorComparison& comparison : compareModels(*whole, *parts, 1, {}))
            QCOMPARE(comparison.result, TensorComparison::Result::Identical);

        // And back into one file: the keys of the parts are gone.
        request.model = parts;
        request.plan = {};
        request.splitBytes = 0;
        request.target = folder / "joined.gguf";
        runQuantize(request, {});
        const auto joined = openModel(folder / "joined.gguf");
        QVERIFY(!joined->metadata().find("split.count"));
        for (const TensorComparison& comparison : compareModels(*whole, *joined, 1, {}))
            QCOMPARE(comparison.result, TensorComparison::Result::Identical);
    }

    void namesTheFirstWeightThatIsNotFinite()
    {
        ScratchFolder folder;
        auto tensors = madeLlama(2);
        tensors[3].weights[17 * 256 + 5] = std::numeric_limits<float>::quiet_NaN();
        tensors[4].weights[0] = std::numeric_limits<float>::infinity();
        writeMadeGguf(folder / "in.gguf", tensors);
        writeText(folder / "out.gguf", "old");
        for (const unsigned threads : {1u, 3u}) {
            auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q4_K);
            request.threads = threads;
            VERIFY_ERROR(runQuantize(request, {}), ErrorKind::BadFormat,
                         "tensor 'blk.0.ffn_up.weight': the weight at row 17, column 5 is not a number");
            QCOMPARE(readText(folder / "out.gguf"), std::string("old"));
            QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf", "out.gguf"}));
        }
    }

    void replacesWhatIsNotFiniteWhenAsked_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<uint>("nan");
        QTest::addColumn<uint>("infinity");
        QTest::addColumn<uint>("sign");
        QTest::newRow("F32") << static_cast<int>(TensorType::F32) << 0x7FC00001u << 0x7F800000u << 0x80000000u;
        QTest::newRow("F16") << static_cast<int>(TensorType::F16) << 0xFE01u << 0x7C00u << 0x8000u;
        QTest::newRow("BF16") << static_cast<int>(TensorType::BF16) << 0x7F81u << 0x7F80u << 0x8000u;
    }

    void replacesWhatIsNotFiniteWhenAsked()
    {
        QFETCH(int, type);
        QFETCH(uint, nan);
        QFETCH(uint, infinity);
        QFETCH(uint, sign);
        const auto stored = static_cast<TensorType>(type);
        const std::string name = "blk.1.ffn_up.weight";
        constexpr std::uint64_t rowLength = 256;
        ScratchFolder folder;
        auto tensors = madeLlama(2, stored);
        writeMadeGguf(folder / "in.gguf", tensors);
        const auto patch = [&](std::uint64_t index, uint bits) {
            if (stored == TensorType::F32)
                patchWeight(folder / "in.gguf", name, index, static_cast<std::uint32_t>(bits));
            else
                patchWeight(folder / "in.gguf", name, index, static_cast<std::uint16_t>(bits));
        };
        patch(17 * rowLength + 5, nan);
        patch(1300 * rowLength, infinity);
        patch(1300 * rowLength + 1, infinity | sign);
        patch(1300 * rowLength + 255, nan);
        for (std::uint64_t column = 0; column < rowLength; ++column)
            patch(3 * rowLength + column, column % 2 == 0 ? infinity : nan);

        // The same by hand.
        auto& weights = std::find_if(tensors.begin(), tensors.end(), [&](auto& tensor) { return tensor.name == name; })->weights;
        weights[17 * rowLength + 5] = 0;
        weights[1300 * rowLength + 255] = 0;
        // From what is stored: a float that is rounded differently would make another scale.
        const auto before = openModel(folder / "in.gguf");
        std::vector<float> row(rowLength);
        before->tensors()[*before->indexOf(name)].decodeRows(1300, 1, row.data());
        float largest = 0;
        for (std::size_t column = 2; column < 255; ++column)
            largest = std::max(largest, std::abs(row[column]));
        weights[1300 * rowLength] = largest;
        weights[1300 * rowLength + 1] = -largest;
        std::fill_n(weights.begin() + 3 * rowLength, rowLength, 0.0F);
        writeMadeGguf(folder / "clean.gguf", tensors);
        const auto expected = runQuantize(requestFor(folder / "clean.gguf", folder / "expected.gguf", TensorType::Q8_0), {});
        QCOMPARE(expected.replaced, ReplacedWeights{});

        for (const unsigned threads : {1u, 3u}) {
            auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
            request.threads = threads;
            VERIFY_ERROR(runQuantize(request, {}), ErrorKind::BadFormat, "row 3, column 0 is infinite");
            request.nonFinite = NonFinite::Clamp;
            std::stop_source stop;
            Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
                if (done * 10 >= total * 8)
                    stop.request_stop();
            });
            VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "cancelled");
            request.resume = true; // the counts of what was written before are kept
            const auto result = runQuantize(request, {});
            QVERIFY(result.resumedBytes > 0);
            for (const TensorResult& tensor : result.tensors)
                QCOMPARE(tensor.replaced, tensor.name == name ? (ReplacedWeights{2 + 128, 2 + 128}) : ReplacedWeights{});
            QCOMPARE(result.replaced.total(), std::uint64_t{260});
            QCOMPARE(result.error.squaredError, expected.error.squaredError);
            QVERIFY(readBytes(folder / "out.gguf") == readBytes(folder / "expected.gguf"));
            std::filesystem::remove(folder / "out.gguf");
        }
    }

    // Tells that effort and objective of a plan reach the encoder: a codec may give the same bytes for all, then it is
    // another type's turn.
    void encodesAsThePlanSays()
    {
        ScratchFolder folder;
        const MadeTensor made = madeTensor("blk.0.attn_q.weight", {64, 256}, TensorType::F32, 3);
        writeMadeGguf(folder / "in.gguf", {made});
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const Codec& codec = codecFor(facts.type);
            if (!isTargetType(facts.type) || !codec.canEncode() || !fitsRow(facts.type, 256) || facts.type == TensorType::F32)
                continue;
            for (const Objective objective : {Objective::Magnitude, Objective::SquaredError}) {
                auto request = requestFor(folder / "in.gguf", folder / "out.gguf", facts.type);
                request.plan.encoding = {objective, Effort::Standard};
                const auto result = runQuantize(request, {});
                QVERIFY(result.encoding == request.plan.encoding);
                const auto model = openModel(folder / "out.gguf");
                const auto bytes = model->tensors()[0].bytes();
                std::vector<std::byte> row(bytes.size() / 64);
                for (std::size_t index = 0; index < 64; ++index) {
                    codec.encodeRow(made.weights.data() + index * 256, nullptr, 256, codec.options(request.plan.encoding), row.data());
                    QVERIFY(std::memcmp(row.data(), bytes.data() + index * row.size(), row.size()) == 0);
                }
            }
        }
    }

    void weightsBeyondAHalfStayFinite()
    {
        ScratchFolder folder;
        auto tensors = madeLlama(1);
        tensors[2].weights[256 + 3] = 1e6F;
        writeMadeGguf(folder / "in.gguf", tensors);
        for (const TensorType type : {TensorType::F16, TensorType::Q4_0, TensorType::Q5_1}) {
            const auto result = runQuantize(requestFor(folder / "in.gguf", folder / "out.gguf", type), {});
            QVERIFY(std::isfinite(result.tensors[2].error.relativeRms()));
        }
    }

    void cancelsAtOnceAndResumes_data()
    {
        QTest::addColumn<int>("percent");
        QTest::addColumn<qulonglong>("split");
        for (const int percent : {3, 35, 80, 99}) {
            QTest::addRow("one file, %d %%", percent) << percent << 0ull;
            QTest::addRow("parts, %d %%", percent) << percent << 900'000ull;
        }
    }

    void cancelsAtOnceAndResumes()
    {
        QFETCH(int, percent);
        QFETCH(qulonglong, split);
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(6));
        auto request = requestFor(folder / "in.gguf", folder / "expected.gguf", TensorType::Q5_0);
        request.splitBytes = split;
        const auto expected = runQuantize(request, {});

        request.target = folder / "out.gguf";
        QVERIFY(!canResume(request));
        std::stop_source stop;
        std::uint64_t stoppedAt = 0;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            if (done * 100 >= total * static_cast<std::uint64_t>(percent) && !stop.stop_requested()) {
                stoppedAt = done;
                stop.request_stop();
            }
        });
        request.threads = 2;
        VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "cancelled");
        QVERIFY(!std::filesystem::exists(folder / "out.gguf"));
        QVERIFY(!std::filesystem::exists(folder / "out-00001-of-00005.gguf"));
        QVERIFY(canResume(request));

        // Another request is not mixed up with it.
        auto other = request;
        other.plan = planFromType(*request.model, TensorType::Q4_1);
        QVERIFY(!canResume(other));
        other = request;
        other.plan.encoding.effort = Effort::Best;
        QVERIFY(!canResume(other));
        other = request;
        other.plan.encoding.objective = codecFor(TensorType::Q5_0).defaultObjective;
        QVERIFY(canResume(other)); // only said aloud
        other.plan.encoding.objective = other.plan.encoding.objective == Objective::Magnitude ? Objective::SquaredError
                                                                                              : Objective::Magnitude;
        QVERIFY(!canResume(other));
        other = request;
        other.nonFinite = NonFinite::Clamp;
        QVERIFY(!canResume(other));

        request.resume = true;
        request.threads = 3;
        request.maximumMemoryBytes = 8u << 20;
        const auto result = runQuantize(request, {});
        QVERIFY(result.resumedBytes >= stoppedAt);
        QCOMPARE(result.error.squaredError, expected.error.squaredError);
        QCOMPARE(result.files.size(), expected.files.size());
        for (std::size_t index = 0; index < result.files.size(); ++index)
            QVERIFY(readBytes(result.files[index]) == readBytes(expected.files[index]));
        for (const std::string& name : filesIn(folder.path()))
            QVERIFY2(!name.starts_with('.'), name.c_str());
    }

    void aDamagedPartialIsNotTrusted()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        auto request = requestFor(folder / "in.gguf", folder / "expected.gguf", TensorType::Q8_0);
        runQuantize(request, {});
        const auto expected = readBytes(folder / "expected.gguf");
        const auto interrupt = [&] {
            std::stop_source stop;
            Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
                if (done > total / 2)
                    stop.request_stop();
            });
            request.target = folder / "out.gguf";
            request.resume = false;
            VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "cancelled");
            request.resume = true;
        };
        const auto part = folder / ".out.gguf.quantlathe-part";
        const auto journal = folder / ".out.gguf.quantlathe-journal";

        interrupt();
        auto bytes = readBytes(part);
        bytes[bytes.size() / 2] ^= std::byte{1};
        writeBytes(part, bytes);
        auto result = runQuantize(request, {});
        QVERIFY(result.resumedBytes > 0 && result.resumedBytes < bytes.size() / 2);
        QVERIFY(readBytes(folder / "out.gguf") == expected);

        interrupt(); // a torn journal: the last records are lost
        bytes = readBytes(journal);
        bytes.resize(bytes.size() - 100);
        writeBytes(journal, bytes);
        QVERIFY(runQuantize(request, {}).resumedBytes > 0);
        QVERIFY(readBytes(folder / "out.gguf") == expected);

        interrupt(); // nonsense instead of a journal
        writeText(journal, "QLJRNL1\n and then something else");
        QCOMPARE(runQuantize(request, {}).resumedBytes, 0u);
        QVERIFY(readBytes(folder / "out.gguf") == expected);

        interrupt(); // the data are gone
        std::filesystem::remove(part);
        QCOMPARE(runQuantize(request, {}).resumedBytes, 0u);
        QVERIFY(readBytes(folder / "out.gguf") == expected);

        interrupt();
        discardPartial(folder / "out.gguf");
        QVERIFY(!std::filesystem::exists(part));
        QVERIFY(!std::filesystem::exists(journal));
        QVERIFY(readBytes(folder / "out.gguf") == expected);
    }

    void aRunInterruptedWhileRenamingIsFinished()
    {
        ScratchFolder folder;
        std::filesystem::create_directory(folder / "target");
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        auto request = requestFor(folder / "in.gguf", folder / "target" / "out.gguf", TensorType::Q8_0);
        request.splitBytes = 900'000;
        // A folder stands where a part is to go: it appears while the export runs, so that only the rename fails.
        const auto layout = layoutExport(makeGgufOutput(request.model, request.plan), request.target, request.splitBytes);
        QVERIFY(layout.files.size() > 3);
        const auto obstacle = layout.files[1].path;
        Watcher watcher([&](std::string_view stage, std::uint64_t, std::uint64_t) {
            if (stage == "verifying")
                std::filesystem::create_directory(obstacle);
        });
        VERIFY_ERROR(runQuantize(request, {{}, &watcher}), ErrorKind::Io, "rename");
        QVERIFY(!std::filesystem::exists(layout.files.front().path));
        QVERIFY2(std::filesystem::exists(layout.files.back().path), "the last part is renamed first");
        std::filesystem::remove(obstacle);
        request.resume = true;
        const auto result = runQuantize(request, {});
        QVERIFY(result.resumedBytes > 0);
        QCOMPARE(filesIn(folder / "target").size(), layout.files.size());
        QCOMPARE(openModel(result.files.front())->tensors().size(), request.model->tensors().size());
    }

    void whatTheDiskGivesBackIsCompared_data()
    {
        QTest::addColumn<qulonglong>("split");
        QTest::newRow("one file") << 0ull;
        QTest::newRow("parts") << 900'000ull;
    }

    void whatTheDiskGivesBackIsCompared()
    {
        QFETCH(qulonglong, split);
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        request.splitBytes = split;
        const auto layout = layoutExport(makeGgufOutput(request.model, request.plan), request.target, split);
        QVERIFY(layout.totalBytes < TrailingVerifier::lagBytes); // nothing is verified before all is written
        const ExportFile& file = layout.files.back();
        const auto part = AtomicFile::temporaryPathFor(file.path);
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t) {
            const int descriptor = ::open(part.c_str(), O_WRONLY);
            if (descriptor < 0 || done < layout.totalBytes * 9 / 10)
                return;
            QCOMPARE(::pwrite(descriptor, "x", 1, static_cast<off_t>(file.offsets[0] + 17)), 1);
            ::close(descriptor);
        });
        writeText(layout.files.front().path, "old");
        const auto error = errorOf([&] { runQuantize(request, {{}, &watcher}); });
        QVERIFY(error.has_value());
        QCOMPARE(error->kind(), ErrorKind::Io);
        QVERIFY(std::string(error->what()).find("not what was written") != std::string::npos);
        QCOMPARE(readText(layout.files.front().path), std::string("old"));
        // Only the good part of it is taken over.
        request.resume = true;
        const auto result = runQuantize(request, {});
        QVERIFY(result.resumedBytes < layout.totalBytes);
        request.resume = false;
        request.target = folder / "again.gguf";
        const auto again = runQuantize(request, {});
        for (std::size_t index = 0; index < result.files.size(); ++index)
            QVERIFY(readBytes(result.files[index]) == readBytes(again.files[index]));
    }

    void cancelIsPrompt()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(20));
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q5_1);
        using Clock = std::chrono::steady_clock;
        std::stop_source stop;
        Clock::time_point asked;
        std::atomic<bool> isRunning{false};
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t) { isRunning = done > 0; });
        std::jthread stopper([&] {
            while (!isRunning)
                std::this_thread::yield();
            asked = Clock::now();
            stop.request_stop();
        });
        VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "cancelled");
        const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked).count();
        QVERIFY2(late < 500, qPrintable(QString("%1 ms").arg(late))); // about 5 on an idle machine
    }

    void withoutKeepPartialNothingIsLeft()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(3));
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        request.keepPartial = false;
        std::stop_source stop;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            if (done > total / 2)
                stop.request_stop();
        });
        VERIFY_ERROR(runQuantize(request, {stop.get_token(), &watcher}), ErrorKind::Cancelled, "cancelled");
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf"}));
    }

    void theSourceIsNeverTheTarget()
    {
        ScratchFolder folder;
        std::filesystem::create_directory(folder / "sub");
        writeMadeGguf(folder / "in.gguf", madeLlama(1));
        const auto before = readBytes(folder / "in.gguf");
        std::filesystem::create_symlink("in.gguf", folder / "link.gguf");
        std::filesystem::create_hard_link(folder / "in.gguf", folder / "hard.gguf");
        for (const char* name : {"in.gguf", "link.gguf", "hard.gguf", "sub/../in.gguf"}) {
            VERIFY_ERROR(runQuantize(requestFor(folder / "in.gguf", folder.path() / name, TensorType::Q8_0), {}),
                         ErrorKind::InvalidArgument, "is the model that is being read");
        }
        QVERIFY(readBytes(folder / "in.gguf") == before);
        // Any part of a split source, and a part that a split export would write.
        for (const char* part : {"tiny-llama-00001-of-00003.gguf", "tiny-llama-00002-of-00003.gguf",
                                 "tiny-llama-00003-of-00003.gguf"}) {
            std::filesystem::copy_file(fixture(std::string("gguf/") + part), folder / part);
        }
        auto request = requestFor(folder / "tiny-llama-00001-of-00003.gguf",
                                  folder / "tiny-llama-00003-of-00003.gguf", TensorType::F32);
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::InvalidArgument, "is the model that is being read");
    }

    void impossibleTargetsAreRefused()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(1));
        const auto run = [&](const std::filesystem::path& target) {
            return runQuantize(requestFor(folder / "in.gguf", target, TensorType::Q8_0), {});
        };
        VERIFY_ERROR(run(folder / "none" / "out.gguf"), ErrorKind::NotFound, "find the folder");
        VERIFY_ERROR(run(folder / "in.gguf" / "out.gguf"), ErrorKind::NotFound, "is not a folder");
        VERIFY_ERROR(run(folder.path()), ErrorKind::InvalidArgument, "is a folder");
        VERIFY_ERROR(run("/dev/null"), ErrorKind::InvalidArgument, "is no regular file");
        auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        request.plan.setChoice("blk.0.attn_q.weight", Choice{TensorType::Q8_1});
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::Unsupported, "'blk.0.attn_q.weight': Q8_1 cannot be written yet");
        request.plan.setChoice("blk.0.attn_q.weight", Choice{TensorType::Q8_0, Method::Gptq, {}});
        VERIFY_ERROR(runQuantize(request, {}), ErrorKind::Unsupported, "'blk.0.attn_q.weight': the method 'gptq' is planned");
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf"}));
    }

    void aReadOnlyFolderIsRefused()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(1));
        const auto target = folder / "ro";
        std::filesystem::create_directory(target);
        const bool isRoot = geteuid() == 0;
        if (isRoot && mount("tmpfs", target.c_str(), "tmpfs", MS_RDONLY, "size=1m") != 0)
            QSKIP("root writes everywhere, and mounting is not allowed here");
        if (!isRoot)
            std::filesystem::permissions(target, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
        const auto error = errorOf(
            [&] { runQuantize(requestFor(folder / "in.gguf", target / "out.gguf", TensorType::Q8_0), {}); });
        if (isRoot)
            umount(target.c_str());
        else
            std::filesystem::permissions(target, std::filesystem::perms::owner_all);
        QVERIFY(error.has_value());
        QCOMPARE(error->kind(), ErrorKind::AccessDenied);
    }

    void aFullDiskShowsBeforeTheWork()
    {
        if (geteuid() != 0)
            QSKIP("needs root for a small disk");
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        const auto target = folder / "small";
        std::filesystem::create_directory(target);
        if (mount("tmpfs", target.c_str(), "tmpfs", 0, "size=1m") != 0)
            QSKIP("mounting is not allowed here");
        writeText(target / "out.gguf", "old");
        const auto error = errorOf(
            [&] { runQuantize(requestFor(folder / "in.gguf", target / "out.gguf", TensorType::Q8_0), {}); });
        const auto left = filesIn(target);
        const auto old = readText(target / "out.gguf");
        umount(target.c_str());
        QVERIFY(error.has_value());
        QCOMPARE(error->kind(), ErrorKind::DiskFull);
        QVERIFY(std::string(error->what()).find("are free") != std::string::npos);
        QCOMPARE(left, (std::set<std::string>{"out.gguf"}));
        QCOMPARE(old, std::string("old"));
    }

    void aDiskThatFillsUpHalfWayIsNoLoss()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(4));
        auto request = requestFor(folder / "in.gguf", folder / "expected.gguf", TensorType::Q8_0);
        runQuantize(request, {});
        request.target = folder / "out.gguf";
        writeText(request.target, "old");
        // A limit on the size of files stands for the disk.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before = {};
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit small = before;
        small.rlim_cur = 1'000'000;
        setrlimit(RLIMIT_FSIZE, &small);
        const auto error = errorOf([&] { runQuantize(request, {}); });
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY(error.has_value());
        QCOMPARE(error->kind(), ErrorKind::DiskFull);
        QCOMPARE(readText(request.target), std::string("old"));
        request.resume = true;
        runQuantize(request, {});
        QVERIFY(readBytes(request.target) == readBytes(folder / "expected.gguf"));
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf", "expected.gguf", "out.gguf"}));
    }

    void aSourceThatChangesIsNoticed_data()
    {
        QTest::addColumn<bool>("isTruncated");
        QTest::newRow("shrinks") << true;
        QTest::newRow("is overwritten") << false;
    }

    void aSourceThatChangesIsNoticed()
    {
        QFETCH(bool, isTruncated);
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(6));
        writeText(folder / "out.gguf", "old");
        bool isDone = false;
        Watcher watcher([&](std::string_view, std::uint64_t done, std::uint64_t total) {
            if (done < total / 3 || isDone)
                return;
            isDone = true;
            if (isTruncated) {
                std::filesystem::resize_file(folder / "in.gguf", 2'000'000);
            } else {
                std::fstream file(folder / "in.gguf", std::ios::in | std::ios::out | std::ios::binary);
                file.seekp(3'000'000);
                file << "changed";
            }
        });
        VERIFY_ERROR(runQuantize(requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0), {{}, &watcher}),
                     ErrorKind::SourceChanged, "was changed by another program");
        QCOMPARE(readText(folder / "out.gguf"), std::string("old"));
        QCOMPARE(filesIn(folder.path()), (std::set<std::string>{"in.gguf", "out.gguf"}));
    }

    void twoExportsToOneTargetDoNotMix()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(2));
        const auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q8_0);
        bool isTried = false;
        std::optional<Error> second;
        Watcher watcher([&](std::string_view, std::uint64_t, std::uint64_t) {
            if (!isTried)
                second = errorOf([&] { runQuantize(request, {}); });
            isTried = true;
        });
        QVERIFY(runQuantize(request, {{}, &watcher}).totalBytes > 0);
        QVERIFY(second.has_value());
        QCOMPARE(second->kind(), ErrorKind::InvalidArgument);
        QVERIFY(std::string(second->what()).find("another export") != std::string::npos);
    }

    void progressOnlyRises()
    {
        ScratchFolder folder;
        writeMadeGguf(folder / "in.gguf", madeLlama(3));
        const auto request = requestFor(folder / "in.gguf", folder / "out.gguf", TensorType::Q4_0);
        std::uint64_t last = 0;
        std::uint64_t announced = 0;
        std::string stage;
        bool isMonotonous = true;
        Watcher watcher([&](std::string_view name, std::uint64_t done, std::uint64_t total) {
            isMonotonous = isMonotonous && done <= total && (done >= last || name == "verifying");
            last = done;
            announced = total;
            stage = name;
        });
        const auto result = runQuantize(request, {{}, &watcher});
        QVERIFY(isMonotonous);
        QCOMPARE(announced, result.totalBytes);
        QCOMPARE(last, result.totalBytes);
        QCOMPARE(stage, std::string("done"));
    }
};

QTEST_GUILESS_MAIN(TestQuantizeJob)
#include "tst_quantize_job.moc"
