// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document.h"
#include "ui/tree/tensor_filter_model.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui_test_support.h"

#include <QAbstractItemModelTester>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using Model_ = TensorTreeModel;

class TestTensorTree : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

private Q_SLOTS:
    void groupsByLayer()
    {
        Document document;
        TensorTreeModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(treeText(model, {Model_::Name}), QString());
        document.setModel(makeModel(m_folder, smallModelSpec()));
        const QString expected = QStringLiteral("Global | 2 tensors | 16,640 weights | F32 | F32 | 32.00\n"
                                                "  token_embd.weight | Token embedding | 64 × 256 | F32 | F32 | 32.00\n"
                                                "  output_norm.weight | Norm | 256 | F32 | F32 | 32.00\n"
                                                "Layer 0 | 4 tensors | 106,752 weights | F32 | F32 | 32.00\n"
                                                "  blk.0.attn_norm.weight | Norm | 256 | F32 | F32 | 32.00\n"
                                                "  blk.0.attn_q.weight | Attention query | 256 × 256 | F32 | F32 | 32.00\n"
                                                "  blk.0.attn_v.weight | Attention value | 64 × 256 | F32 | F32 | 32.00\n"
                                                "  blk.0.ffn_down.weight | Feed-forward down | 256 × 96 | F32 | F32 | 32.00\n"
                                                "Layer 1 | 4 tensors | 106,752 weights | F32 | F32 | 32.00\n"
                                                "  blk.1.attn_norm.weight | Norm | 256 | F32 | F32 | 32.00\n"
                                                "  blk.1.attn_q.weight | Attention query | 256 × 256 | F32 | F32 | 32.00\n"
                                                "  blk.1.attn_v.weight | Attention value | 64 × 256 | F32 | F32 | 32.00\n"
                                                "  blk.1.ffn_down.weight | Feed-forward down | 256 × 96 | F32 | F32 | 32.00\n");
        QCOMPARE(treeText(model, {Model_::Name, Model_::Role, Model_::Shape, Model_::StoredType, Model_::ChosenType, Model_::BitsPerWeight}),
                 expected);
        document.close();
        QCOMPARE(model.rowCount(), 0);
    }

    void showsWhatWillReallyBeWritten()
    {
        Document document;
        TensorTreeModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QVERIFY(model.setData(model.index(2, Model_::ChosenType), static_cast<int>(TensorType::Q4_K)));
        const QString text = treeText(model, {Model_::Name, Model_::ChosenType});
        // The norm was asked for too; it is kept and says so.
        QVERIFY2(text.contains(QStringLiteral("Q5_0 (instead of Q4_K)")), qPrintable(text));
        const QModelIndex layer = model.index(2, 0);
        const QModelIndex down = model.index(3, Model_::ChosenType, layer);
        QVERIFY(!down.data(Qt::DecorationRole).isNull());
        QVERIFY(down.data(Qt::ToolTipRole).toString().contains(QStringLiteral("96")));
        QCOMPARE(model.index(3, Model_::BytesAfter, layer).data().toString(), QStringLiteral("16.5 KiB"));
        QCOMPARE(model.index(1, Model_::BytesAfter, layer).data(Model_::SortRole).toULongLong(), 36864ull);
        const QModelIndex norm = model.index(0, Model_::ChosenType, layer);
        QCOMPARE(norm.data().toString(), QStringLiteral("F32 (instead of Q4_K)"));
        QVERIFY(!norm.data(Qt::ToolTipRole).toString().isEmpty());
        QCOMPARE(model.index(2, Model_::BytesAfter).data(Model_::SortRole).toULongLong(), 1024ull + 36864 + 9216 + 16896);
        QCOMPARE(document.undoStack().undoText(), QStringLiteral("Set layer 1 to Q4_K"));
        document.undoStack().undo();
        QCOMPARE(down.data().toString(), QStringLiteral("F32"));
    }

    void editsReachTheSelection()
    {
        Document document;
        TensorTreeModel model(document);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2, 3, 6}, 2);
        QVERIFY(model.setData(model.indexOfTensor(3, Model_::ChosenType), static_cast<int>(TensorType::Q8_0)));
        for (const std::size_t tensor : {2u, 3u, 6u})
            QCOMPARE(document.effectiveChoice(tensor).type, TensorType::Q8_0);
        QCOMPARE(document.undoStack().count(), 1);
        // A tensor outside the selection is meant alone.
        QVERIFY(model.setData(model.indexOfTensor(7, Model_::ChosenType), static_cast<int>(TensorType::Q6_K)));
        QCOMPARE(document.effectiveChoice(3).type, TensorType::Q8_0);
        QCOMPARE(document.effectiveChoice(7).type, TensorType::Q6_K);
        QVERIFY(model.setData(model.indexOfTensor(7, Model_::ChosenType), -1));
        QCOMPARE(document.effectiveChoice(7).type, TensorType::F32);
        QVERIFY(!model.setData(model.indexOfTensor(7, Model_::Name), 3));
    }

    void errorsOfTensorsAndLayers()
    {
        Document document;
        TensorTreeModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        const QModelIndex cell = model.indexOfTensor(2, Model_::RelativeError);
        const QModelIndex layer = model.index(1, Model_::RelativeError);
        QCOMPARE(cell.data().toString(), QStringLiteral("0 %"));
        QCOMPARE(layer.data().toString(), QStringLiteral("0 %"));
        document.setType({2}, TensorType::Q4_0, QStringLiteral("Set"));
        QCOMPARE(cell.data().toString(), QStringLiteral("…"));
        QTRY_VERIFY_WITH_TIMEOUT(!cell.data().toString().startsWith(QStringLiteral("…")), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(document.knownError(2).state == ErrorPreview::State::Exact && !document.isMeasuring(), 20000);
        QTRY_COMPARE(layer.data().toString(), cell.data().toString());
        QVERIFY(cell.data(Model_::SortRole).toDouble() > 0.02);
        QVERIFY(cell.data().toString().endsWith(QStringLiteral(" %")));
    }

    void sortsByRawValues()
    {
        Document document;
        TensorTreeModel model(document);
        TensorFilterModel sorted;
        QAbstractItemModelTester tester(&sorted, QAbstractItemModelTester::FailureReportingMode::QtTest);
        sorted.setSourceModel(&model);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        sorted.sort(Model_::BytesBefore, Qt::DescendingOrder);
        const QString expected = QStringLiteral("Layer 0 | 417.0 KiB\n"
                                                "  blk.0.attn_q.weight | 256.0 KiB\n"
                                                "  blk.0.ffn_down.weight | 96.0 KiB\n"
                                                "  blk.0.attn_v.weight | 64.0 KiB\n"
                                                "  blk.0.attn_norm.weight | 1.0 KiB\n"
                                                "Layer 1 | 417.0 KiB\n"
                                                "  blk.1.attn_q.weight | 256.0 KiB\n"
                                                "  blk.1.ffn_down.weight | 96.0 KiB\n"
                                                "  blk.1.attn_v.weight | 64.0 KiB\n"
                                                "  blk.1.attn_norm.weight | 1.0 KiB\n"
                                                "Global | 65.0 KiB\n"
                                                "  token_embd.weight | 64.0 KiB\n"
                                                "  output_norm.weight | 1.0 KiB\n");
        QCOMPARE(treeText(sorted, {Model_::Name, Model_::BytesBefore}), expected);
        sorted.sort(-1);
        QCOMPARE(treeText(sorted, {Model_::Name}), treeText(model, {Model_::Name}));
    }

    void filters_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<bool>("isRegex");
        QTest::addColumn<QString>("expected");
        const QString norms = QStringLiteral("Global\n  output_norm.weight\nLayer 0\n  blk.0.attn_norm.weight\n"
                                             "Layer 1\n  blk.1.attn_norm.weight\n");
        QTest::newRow("text ignores case") << QStringLiteral("NORM.weight") << false << norms;
        QTest::newRow("role") << QStringLiteral("attention query") << false
                              << QStringLiteral("Layer 0\n  blk.0.attn_q.weight\nLayer 1\n  blk.1.attn_q.weight\n");
        QTest::newRow("regex characters are text") << QStringLiteral("attn.q") << false << QString();
        QTest::newRow("regex") << QStringLiteral("^blk\\.1.*(q|v)\\.weight$") << true
                               << QStringLiteral("Layer 1\n  blk.1.attn_q.weight\n  blk.1.attn_v.weight\n");
        QTest::newRow("a layer keeps its tensors")
            << QStringLiteral("layer 0") << false
            << QStringLiteral("Layer 0\n  blk.0.attn_norm.weight\n  blk.0.attn_q.weight\n  blk.0.attn_v.weight\n  blk.0.ffn_down.weight\n");
    }

    void filters()
    {
        QFETCH(QString, filter);
        QFETCH(bool, isRegex);
        QFETCH(QString, expected);
        Document document;
        TensorTreeModel model(document);
        TensorFilterModel filtered;
        QAbstractItemModelTester tester(&filtered, QAbstractItemModelTester::FailureReportingMode::QtTest);
        filtered.setSourceModel(&model);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QCOMPARE(filtered.setFilter(filter, isRegex), QString());
        QCOMPARE(treeText(filtered, {Model_::Name}), expected);
        filtered.setFilter({}, isRegex);
        QCOMPARE(filtered.visibleTensors(), 10);
    }

    void aBrokenExpressionKeepsTheLastGoodFilter()
    {
        Document document;
        TensorTreeModel model(document);
        TensorFilterModel filtered;
        filtered.setSourceModel(&model);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        filtered.setFilter(QStringLiteral("attn_q"), true);
        QCOMPARE(filtered.visibleTensors(), 2);
        QVERIFY(!filtered.setFilter(QStringLiteral("attn_(q"), true).isEmpty());
        QCOMPARE(filtered.visibleTensors(), 2);
    }

    // 128 layers of 16 tensors: what the window's thread does for one edit of everything stays below a frame.
    void staysFluidWithThousandsOfTensors()
    {
        std::vector<TensorSpec> tensors;
        for (int layer = 0; layer < 128; ++layer) {
            for (int expert = 0; expert < 16; ++expert)
                tensors.push_back({"blk." + std::to_string(layer) + ".ffn_up." + std::to_string(expert) + ".weight", {1, 256}});
        }
        Document document;
        TensorTreeModel model(document);
        TensorFilterModel filtered;
        filtered.setSourceModel(&model);
        document.setModel(makeModel(m_folder, tensors, "many.bin"));
        QCOMPARE(filtered.rowCount(), 128);
        using quantlathe::test::processorMilliseconds;
        const double edit = processorMilliseconds([&] { document.setType(document.allTensors(), TensorType::Q4_0, QStringLiteral("All")); });
        const double filter = processorMilliseconds([&] { filtered.setFilter(QStringLiteral("^blk\\.(7|9)\\."), true); });
        QCOMPARE(filtered.visibleTensors(), 32);
        filtered.setFilter({}, true);
        const double sort = processorMilliseconds([&] { filtered.sort(Model_::BytesAfter, Qt::DescendingOrder); });
        qInfo("2,048 tensors: edit of all %.1f ms, filter %.1f ms, sort %.1f ms", edit, filter, sort);
        // Ten times a frame: the limit catches quadratic work, the numbers above are the measurement.
        QVERIFY(edit < 160 && filter < 160 && sort < 160);
    }
};

QTEST_MAIN(TestTensorTree)
#include "tst_tensor_tree.moc"
