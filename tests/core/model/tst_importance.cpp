// SPDX-License-Identifier: GPL-3.0-or-later
// Importance as a value, and applied to models: dense, stacked and split experts, and everything that does not fit.
#include "core/model/importance_match.h"
#include "support/test_support.h"

#include <limits>
#include <numeric>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

using Contents = Importance::Contents;

std::shared_ptr<const Importance> importanceOf(std::vector<Importance::Entry> entries)
{
    Contents contents;
    contents.file = "made.gguf";
    contents.entries = std::move(entries);
    return std::make_shared<const Importance>(std::move(contents));
}

/// Tensors of zeros; nobody looks at the weights.
std::shared_ptr<const Model> modelOf(const std::filesystem::path& file, const std::vector<std::pair<std::string, Shape>>& tensors)
{
    std::uint64_t bytes = 0;
    for (const auto& [name, shape] : tensors)
        bytes += shape.weightCount() * sizeof(float);
    writeBytes(file, std::vector<std::byte>(bytes));
    const auto mapped = MappedFile::open(file);
    Model::Contents contents;
    contents.path = file;
    contents.files = {file};
    std::uint64_t offset = 0;
    for (const auto& [name, shape] : tensors) {
        contents.places.push_back(placeOf(name, "llama"));
        contents.tensors.push_back(Tensor::stored(name, shape, TensorType::F32, mapped, offset));
        offset += shape.weightCount() * sizeof(float);
    }
    return std::make_shared<const Model>(std::move(contents));
}

std::vector<float> counting(std::size_t count, float first = 1)
{
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), first);
    return values;
}

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

} // namespace

class TestImportance : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;

private slots:
    void refusesContradictions_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("message");
        QTest::newRow("empty") << 0 << "the importance data hold no tensor";
        QTest::newRow("no name") << 1 << "has no name";
        QTest::newRow("size") << 2 << "3 sums of squares are not 2 matrices of 2 channels";
        QTest::newRow("no channels") << 3 << "0 sums of squares are not 1 matrices of 0 channels";
        QTest::newRow("negative count") << 4 << "a count of activations is -1";
        QTest::newRow("count NaN") << 5 << "a count of activations is nan";
        QTest::newRow("twice") << 6 << "name the tensor twice";
    }
    void refusesContradictions()
    {
        QFETCH(int, which);
        QFETCH(QString, message);
        using Entries = std::vector<Importance::Entry>;
        using Entry = Importance::Entry;
        const std::vector<Entries> cases{Entries(),
                                         Entries{Entry{"", 1, {1}, {1}}},
                                         Entries{Entry{"a", 2, {1, 2, 3}, {1, 1}}},
                                         Entries{Entry{"a", 0, {}, {1}}},
                                         Entries{Entry{"a", 1, {1}, {-1}}},
                                         Entries{Entry{"a", 1, {1}, {notANumber}}},
                                         Entries{Entry{"a", 1, {1}, {1}}, Entry{"b", 1, {1}, {1}}, Entry{"a", 1, {1}, {1}}}};
        VERIFY_ERROR(importanceOf(cases[static_cast<std::size_t>(which)]), ErrorKind::InvalidArgument, message.toStdString());
    }

    void hashNamesTheContent()
    {
        const Importance::Entry a{"a", 2, {1, 2}, {3}};
        const Importance::Entry b{"b", 1, {5}, {1}};
        const auto one = importanceOf({a, b});
        QCOMPARE(importanceOf({b, a})->hash(), one->hash());
        Contents elsewhere{"other.dat", {"text"}, 5, 512, {a, b}};
        QCOMPARE(Importance(std::move(elsewhere)).hash(), one->hash());
        Importance::Entry changed = a;
        changed.counts[0] = 4;
        QVERIFY(importanceOf({changed, b})->hash() != one->hash());
        changed = a;
        changed.sumOfSquares[1] = 2.5f;
        QVERIFY(importanceOf({changed, b})->hash() != one->hash());
        QVERIFY(importanceOf({a})->hash() != one->hash());
        QCOMPARE(one->find("b")->sumOfSquares.front(), 5.0f);
        QVERIFY(!one->find("c"));
    }

    void denseTensorsGetMeans()
    {
        const auto model = modelOf(m_folder / "dense", {{"blk.0.attn_q.weight", {3, 4}}, {"blk.0.attn_q.bias", {4}}, {"blk.0.ffn_up.weight", {2, 4}},
                                                        {"output.weight", {5, 4}}});
        const ImportanceMatch match(importanceOf({{"blk.0.attn_q.weight", 4, {2, 4, 6, 0}, {2}}, {"blk.0.ffn_up.weight", 4, {1, 1, 1, 1}, {0}},
                                                  {"blk.9.attn_q.weight", 1, {1}, {1}}}),
                                    model);
        QCOMPARE(match.fit(0).fit, ImportanceFit::Full);
        QVERIFY(match.fit(0).explanation.empty());
        ImportanceRows rows(match.of(0));
        QCOMPARE(std::vector<float>(rows.of(2), rows.of(2) + 4), (std::vector<float>{1, 2, 3, 0}));
        float part[2] = {};
        match.of(0).read(1, 1, part);
        QCOMPARE(part[0], 2.0f);
        QCOMPARE(part[1], 3.0f);

        QCOMPARE(match.fit(1).fit, ImportanceFit::Missing); // a bias is no matrix
        QVERIFY(match.of(1).isEmpty());
        QVERIFY(!ImportanceRows(match.of(1)).of(0));

        QCOMPARE(match.fit(2).fit, ImportanceFit::SomeUnreached);
        ImportanceRows ones(match.of(2));
        QCOMPARE(std::vector<float>(ones.of(0), ones.of(0) + 4), std::vector<float>(4, 1.0f));
        QCOMPARE(match.fit(2).explanation, std::string("the calibration text never reached it"));

        QCOMPARE(match.fit(3).fit, ImportanceFit::Missing);
        QCOMPARE(match.unknownNames(), std::vector<std::string>{"blk.9.attn_q.weight"});
    }

    void expertsGetTheirOwn()
    {
        const auto model = modelOf(m_folder / "stack", {{"blk.0.ffn_up_exps.weight", {3, 2, 4}}});
        const ImportanceMatch match(importanceOf({{"blk.0.ffn_up_exps.weight", 4, counting(12), {1, 0, 2}}}), model);
        QCOMPARE(match.fit(0).fit, ImportanceFit::SomeUnreached);
        QCOMPARE(match.fit(0).experts, 3u);
        QCOMPARE(match.fit(0).unreached, 1u);
        QCOMPARE(match.fit(0).explanation, std::string("1 of 3 experts were never reached"));
        ImportanceRows rows(match.of(0));
        const auto row = [&](std::uint64_t index) { return std::vector<float>(rows.of(index), rows.of(index) + 4); };
        QCOMPARE(row(0), counting(4));
        QCOMPARE(row(1), counting(4));
        QCOMPARE(row(2), std::vector<float>(4, 1.0f));
        QCOMPARE(row(4), (std::vector<float>{4.5f, 5, 5.5f, 6}));
        QCOMPARE(row(1), counting(4)); // and back again

        // Older files: one row of all experts, one count.
        const ImportanceMatch older(importanceOf({{"blk.0.ffn_up_exps.weight", 12, counting(12), {2}}}), model);
        QCOMPARE(older.fit(0).fit, ImportanceFit::Full);
        ImportanceRows olderRows(older.of(0));
        QCOMPARE(std::vector<float>(olderRows.of(4), olderRows.of(4) + 4), (std::vector<float>{4.5f, 5, 5.5f, 6}));
        QVERIFY(ImportanceMatch(importanceOf({{"blk.0.ffn_up_exps.weight", 12, counting(12), {0}}}), model).fit(0).unreached == 3);
    }

    void matricesOfZerosCountAsUnreached()
    {
        const auto model = modelOf(m_folder / "zeros", {{"blk.0.attn_q.weight", {2, 4}}});
        const ImportanceMatch match(importanceOf({{"blk.0.attn_q.weight", 4, {0, 0, 0, 0}, {7}}}), model);
        QCOMPARE(match.fit(0).fit, ImportanceFit::SomeUnreached);
        ImportanceRows rows(match.of(0));
        QCOMPARE(std::vector<float>(rows.of(1), rows.of(1) + 4), std::vector<float>(4, 1.0f));
    }

    void splitExpertsTakeTheirSlice()
    {
        const auto model = modelOf(m_folder / "hf", {{"model.layers.0.block_sparse_moe.experts.0.w3.weight", {2, 4}},
                                                     {"model.layers.0.block_sparse_moe.experts.2.w3.weight", {2, 4}},
                                                     {"model.layers.0.self_attn.q_proj.weight", {2, 4}}});
        QCOMPARE(model->place(1).canonicalName, std::string("blk.0.ffn_up_exps.weight"));
        const ImportanceMatch match(importanceOf({{"blk.0.ffn_up_exps.weight", 4, counting(12), {1, 1, 0}}, {"blk.0.attn_q.weight", 4, counting(4), {1}}}), model);
        ImportanceRows first(match.of(0));
        QCOMPARE(std::vector<float>(first.of(1), first.of(1) + 4), counting(4));
        QCOMPARE(match.fit(1).fit, ImportanceFit::SomeUnreached);
        ImportanceRows last(match.of(1));
        QCOMPARE(std::vector<float>(last.of(1), last.of(1) + 4), std::vector<float>(4, 1.0f));
        QVERIFY(match.fit(2).isUsed());
        // The stack of another number of experts does not reach to expert 2.
        const ImportanceMatch fewer(importanceOf({{"blk.0.ffn_up_exps.weight", 4, counting(8), {1, 1}}}), model);
        QVERIFY(fewer.fit(0).isUsed());
        QCOMPARE(fewer.fit(1).fit, ImportanceFit::WrongSize);
        QCOMPARE(fewer.fit(1).explanation, std::string("8 values of importance, but expert 2 needs its 4 of them"));
    }

    void wrongSizesAreNamed()
    {
        const auto model = modelOf(m_folder / "sizes", {{"blk.0.attn_q.weight", {3, 4}}, {"blk.0.attn_k.weight", {3, 4}}, {"blk.0.ffn_up_exps.weight", {3, 2, 4}}});
        const ImportanceMatch match(importanceOf({{"blk.0.attn_q.weight", 4, counting(4), {1}}, {"blk.0.attn_k.weight", 5, counting(5), {1}},
                                                  {"blk.0.ffn_up_exps.weight", 4, counting(8), {1, 1}}}),
                                    model);
        QCOMPARE(match.fit(1).fit, ImportanceFit::WrongSize);
        QCOMPARE(match.fit(1).explanation, std::string("importance of 5 channels for rows of 4 weights"));
        QVERIFY(match.of(1).isEmpty());
        QCOMPARE(match.fit(2).explanation, std::string("8 values of importance for 3 experts with rows of 4 weights"));
        // The right number of values, cut elsewhere.
        const ImportanceMatch cut(importanceOf({{"blk.0.attn_q.weight", 4, counting(4), {1}}, {"blk.0.ffn_up_exps.weight", 12, counting(24), {1, 1}}}), model);
        QCOMPARE(cut.fit(2).fit, ImportanceFit::WrongSize);
    }

    void badValuesAreNamed_data()
    {
        QTest::addColumn<float>("value");
        QTest::addColumn<QString>("shown");
        QTest::newRow("NaN") << notANumber << "NaN";
        QTest::newRow("infinite") << infinity << "infinite";
        QTest::newRow("negative") << -3.0f << "-1.5";
    }
    void badValuesAreNamed()
    {
        QFETCH(float, value);
        QFETCH(QString, shown);
        const auto model = modelOf(m_folder / "bad", {{"blk.0.attn_q.weight", {3, 4}}, {"blk.0.ffn_up_exps.weight", {3, 2, 4}}});
        std::vector<float> sums = counting(4);
        sums[2] = value;
        std::vector<float> stacked = counting(12);
        stacked[9] = value;
        const ImportanceMatch match(importanceOf({{"blk.0.attn_q.weight", 4, sums, {2}}, {"blk.0.ffn_up_exps.weight", 4, stacked, {2, 2, 2}}}), model);
        QCOMPARE(match.fit(0).fit, ImportanceFit::BadValues);
        QCOMPARE(QString::fromStdString(match.fit(0).explanation), "the importance of channel 2 is " + shown);
        QCOMPARE(QString::fromStdString(match.fit(1).explanation), "the importance of channel 1 of expert 2 is " + shown);
        QVERIFY(match.of(0).isEmpty());
    }

    void anotherModelsDataAreRefused()
    {
        const auto model = modelOf(m_folder / "other", {{"blk.0.attn_q.weight", {3, 4}}});
        VERIFY_ERROR(ImportanceMatch(importanceOf({{"blk.0.conv.weight", 4, counting(4), {1}}}), model), ErrorKind::InvalidArgument,
                     "none of the 1 tensors in the importance data fits this model (the first is 'blk.0.conv.weight')");
        VERIFY_ERROR(ImportanceMatch(importanceOf({{"blk.0.attn_q.weight", 8, counting(8), {1}}}), model), ErrorKind::InvalidArgument,
                     "1 have another size (importance of 8 channels for rows of 4 weights)");
    }

    void factorsOfAPerson()
    {
        const std::vector<float> factors{1, 0.5f, 4};
        ImportanceRows rows(TensorImportance::ofChannels(factors));
        QCOMPARE(std::vector<float>(rows.of(1000), rows.of(1000) + 3), factors);
    }
};

QTEST_APPLESS_MAIN(TestImportance)
#include "tst_importance.moc"
