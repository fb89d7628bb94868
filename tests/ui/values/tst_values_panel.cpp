// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/values/values_model.h"
#include "ui/values/values_panel.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>

#include <filesystem>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestValuesPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    template <typename Widget>
    static Widget* find(QWidget& panel, const char* name) { return panel.findChild<Widget*>(QLatin1String(name)); }
    static void enter(QLineEdit* edit, const QString& text)
    {
        edit->clear();
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }

private Q_SLOTS:
    void modelFetchesInTheBackground()
    {
        const auto model = makeModel(m_folder, {{"a.weight", {300, 700}}, {"v.weight", {9000}}});
        std::vector<float> expected(300 * 700);
        model->tensors()[0].decodeRows(0, 300, expected.data());
        ValuesModel values;
        const QAbstractItemModelTester tester(&values, QAbstractItemModelTester::FailureReportingMode::QtTest);
        values.setTensor(model, 0, TensorType::F32, ValueKind::Stored);
        QCOMPARE(values.rowCount(), 300);
        QCOMPARE(values.columnCount(), 700);
        for (const auto& [row, column] : std::vector<std::pair<int, int>>{{0, 0}, {63, 256}, {64, 255}, {299, 699}}) {
            const QModelIndex cell = values.index(row, column);
            QCOMPARE(cell.data().toString(), QStringLiteral("…"));
            QTRY_COMPARE(cell.data(ValuesModel::NumberRole).toFloat(),
                         expected[static_cast<std::size_t>(row) * 700 + static_cast<std::size_t>(column)]);
            QCOMPARE(cell.data().toString().toFloat(), cell.data(ValuesModel::NumberRole).toFloat()); // exact text
        }
        // A vector stands upright.
        values.setTensor(model, 1, TensorType::F32, ValueKind::Stored);
        QCOMPARE(values.rowCount(), 9000);
        QCOMPARE(values.columnCount(), 1);
        model->tensors()[1].decodeRows(0, 1, expected.data());
        values.index(8999, 0).data();
        QTRY_COMPARE(values.index(8999, 0).data(ValuesModel::NumberRole).toFloat(), expected[8999]);
    }

    void quantizedAndDifference()
    {
        const auto model = makeModel(m_folder, {{"blk.0.attn_q.weight", {4, 256}}});
        ValuesModel values;
        const auto at = [&values](int column) {
            values.index(2, column).data();
            const QModelIndex cell = values.index(2, column);
            if (!QTest::qWaitFor([&cell] { return cell.data(ValuesModel::NumberRole).isValid(); }))
                return std::nanf("");
            return cell.data(ValuesModel::NumberRole).toFloat();
        };
        values.setTensor(model, 0, TensorType::Q4_K, ValueKind::Stored);
        const float stored = at(33);
        values.setTensor(model, 0, TensorType::Q4_K, ValueKind::Quantized);
        const float quantized = at(33);
        values.setTensor(model, 0, TensorType::Q4_K, ValueKind::Difference);
        QCOMPARE(at(33), quantized - stored);
        QCOMPARE(quantized, quantizedWindow(model->tensors()[0], TensorType::Q4_K, {2, 1, 33, 1}, {}).front());
        QVERIFY(quantized != stored);
    }

    void panelGoesAnywhere()
    {
        Document document;
        ValuesPanel panel(document);
        panel.resize(800, 500);
        panel.show();
        QVERIFY(find<QLabel>(panel, "valuesHint")->text().startsWith(QLatin1String("Open a model")));
        document.setModel(makeModel(m_folder, {{"blk.0.ffn_down_exps.weight", {3, 5000, 32}}, {"blk.0.attn_norm.weight", {77}}}));
        QTRY_VERIFY(find<QLabel>(panel, "valuesHint")->text().startsWith(QLatin1String("Select a tensor")));
        document.setSelection({0}, 0);
        QTRY_VERIFY(panel.view().isVisible());
        QCOMPARE(find<QLabel>(panel, "valueRange")->text(), QStringLiteral("Rows 0 to 9,999 of 15,000, columns 0 to 31 of 32"));
        QCOMPARE(panel.model().headerData(5017, Qt::Vertical, Qt::DisplayRole).toString(), QStringLiteral("[1, 17]"));
        enter(find<QLineEdit>(panel, "goToColumn"), QStringLiteral("31"));
        enter(find<QLineEdit>(panel, "goToRow"), QStringLiteral("2, 4999"));
        QCOMPARE(panel.model().firstRow(), 10000u);
        const QModelIndex cell = panel.view().currentIndex();
        QCOMPARE(panel.model().headerData(cell.row(), Qt::Vertical, Qt::DisplayRole).toString(), QStringLiteral("[2, 4999]"));
        QCOMPARE(cell.column(), 31);
        QVERIFY(panel.view().viewport()->rect().contains(panel.view().visualRect(cell).center()));
        std::vector<float> last(32);
        document.model()->tensors()[0].decodeRows(14999, 1, last.data());
        QTRY_COMPARE(cell.data(ValuesModel::NumberRole).toFloat(), last[31]);
        enter(find<QLineEdit>(panel, "goToRow"), QStringLiteral("15000"));
        QVERIFY(find<QLabel>(panel, "valueMessage")->text().contains(QLatin1String("0 to 14,999")));
        QTest::mouseClick(find<QToolButton>(panel, "previousRows"), Qt::LeftButton);
        QCOMPARE(panel.model().firstRow(), 0u);
        QVERIFY(!find<QToolButton>(panel, "previousRows")->isEnabled());
        document.setSelection({1}, 1);
        QTRY_COMPARE(find<QLabel>(panel, "valueRange")->text(), QStringLiteral("Rows 0 to 76 of 77"));
        QVERIFY(!find<QLineEdit>(panel, "goToColumn")->isEnabled());
    }

    void kindsFollowThePlan()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2}, 2);
        ValuesPanel panel(document);
        panel.resize(800, 500);
        panel.show();
        auto* kind = find<QComboBox>(panel, "valueKind");
        QTRY_VERIFY(panel.view().isVisible());
        QVERIFY(!kind->isEnabled());
        document.setType({2}, TensorType::Q4_0, QStringLiteral("edit"));
        QTRY_COMPARE(kind->count(), 3);
        QTest::keyClick(kind, Qt::Key_Down);
        QTest::keyClick(kind, Qt::Key_Down);
        QCOMPARE(kind->currentText(), QStringLiteral("Difference to Q4_0"));
        const QModelIndex cell = panel.model().index(0, 0);
        const float after = quantizedWindow(document.model()->tensors()[2], TensorType::Q4_0, {0, 1, 0, 1}, {}).front();
        const float before = decodeWindow(document.model()->tensors()[2], {0, 1, 0, 1}, {}).front();
        QTRY_COMPARE(cell.data(ValuesModel::NumberRole).toFloat(), after - before);
        document.undoStack().undo();
        QTRY_COMPARE(kind->count(), 1);
        QTRY_COMPARE(cell.data(ValuesModel::NumberRole).toFloat(), before);
    }

    void copiesWhatIsNotLoadedYet()
    {
        Document document;
        document.setModel(makeModel(m_folder, {{"a.weight", {4, 600}}, {"v.weight", {5}}}));
        document.setSelection({0}, 0);
        ValuesPanel panel(document);
        panel.resize(400, 300);
        panel.show();
        QVERIFY(QTest::qWaitForWindowActive(&panel));
        QTRY_VERIFY(panel.view().isVisible());
        panel.view().setFocus();
        panel.view().selectionModel()->select(QItemSelection(panel.model().index(1, 590), panel.model().index(2, 599)),
                                              QItemSelectionModel::ClearAndSelect);
        QApplication::clipboard()->clear();
        QTest::keyClick(&panel.view(), Qt::Key_C, Qt::ControlModifier);
        QTRY_VERIFY(!QApplication::clipboard()->text().isEmpty());
        const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines[0].split(QLatin1Char('\t')).size(), 10);
        QCOMPARE(lines[0].split(QLatin1Char('\t')).last().toFloat(),
                 decodeWindow(document.model()->tensors()[0], {1, 1, 599, 1}, {}).front());
        document.setSelection({1}, 1);
        QTRY_COMPARE(panel.model().rowCount(), 5);
        panel.view().selectAll();
        panel.copySelection();
        QTRY_COMPARE(QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts).size(), 5);
    }

    void savesTheWholeTensor()
    {
        Document document;
        document.setModel(makeModel(m_folder, {{"w", {600, 600}}, {"v", {5}}}));
        document.setSelection({0}, 0);
        ValuesPanel panel(document);
        panel.show();
        QTRY_VERIFY(panel.view().isVisible());
        const QString file = QString::fromStdString((m_folder / "w.csv").string());
        panel.saveTo(file);
        QTRY_VERIFY(QFile::exists(file));
        QFile saved(file);
        QVERIFY(saved.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = saved.readAll().split('\n');
        QCOMPARE(lines.size(), 601); // the last line ends, too
        QVERIFY(lines.last().isEmpty());
        QCOMPARE(lines[599].split(',').size(), 600);
        QCOMPARE(lines[599].split(',')[598].toFloat(), decodeWindow(document.model()->tensors()[0], {599, 1, 598, 1}, {}).front());
        document.setSelection({1}, 1);
        QTRY_COMPARE(panel.model().rowCount(), 5);
        const QString vector = QString::fromStdString((m_folder / "v.csv").string());
        panel.saveTo(vector);
        QTRY_VERIFY(QFile::exists(vector));
        QFile upright(vector);
        QVERIFY(upright.open(QIODevice::ReadOnly));
        QCOMPARE(upright.readAll().count('\n'), 5);
        panel.saveTo(QString::fromStdString((m_folder / "no/such/folder.csv").string()));
        QTRY_VERIFY(!find<QLabel>(panel, "valueMessage")->text().isEmpty());
    }

    void hugeTensorsAreInstantAnywhere()
    {
        // 64 GiB of zeros that take no space: a sparse file.
        const auto path = m_folder / "sparse.bin";
        std::ofstream(path).close();
        const std::uint64_t rows = 1u << 24;
        const std::uint64_t columns = 1024;
        std::filesystem::resize_file(path, rows * columns * 4);
        Model::Contents contents;
        contents.path = path;
        contents.files = {path};
        contents.tensors = {Tensor::stored("w", {rows, columns}, TensorType::F32, MappedFile::open(path), 0)};
        contents.places = {placeOf("w")};
        Document document;
        document.setModel(std::make_shared<const Model>(std::move(contents)));
        document.setSelection({0}, 0);
        ValuesPanel panel(document);
        panel.resize(800, 500);
        panel.show();
        QTRY_VERIFY(panel.view().isVisible());
        const double milliseconds = quantlathe::test::processorMilliseconds([&] {
            enter(find<QLineEdit>(panel, "goToRow"), QString::number(rows - 1));
            panel.grab();
        });
        QVERIFY2(milliseconds < 500, qPrintable(QString::number(milliseconds)));
        QTRY_COMPARE(panel.view().currentIndex().data().toString(), QStringLiteral("0")); // reading all of it would take a minute
    }
};

QTEST_MAIN(TestValuesPanel)
#include "tst_values_panel.moc"
