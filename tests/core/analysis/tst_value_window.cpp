// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/value_window.h"

#include "test_tensors.h"

using namespace quantlathe;
using namespace quantlathe::test;

class ValueWindowTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void windowsEqualWholeRows_data();
    void windowsEqualWholeRows();
    void assembledTensors();
    void quantizedEqualsWholeRows();
    void quantizedToStoredTypeIsDecoding();
    void refusesNotANumber();
    void refusesWhatCannotBeEncoded();
    void stopsWhenCancelled();

private:
    TensorFiles m_files;
};

void ValueWindowTest::windowsEqualWholeRows_data()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : {TensorType::F32, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_K})
        QTest::newRow(std::string(name(type)).c_str()) << static_cast<int>(type);
}

void ValueWindowTest::windowsEqualWholeRows()
{
    QFETCH(int, type);
    const std::uint64_t length = 1024;
    const Tensor tensor
        = m_files.add("w", {3, 5, length}, static_cast<TensorType>(type), normalWeights(15 * length, 0, 1, 7), 1);
    std::vector<float> all(15 * length);
    tensor.decodeRows(0, 15, all.data());
    for (const ValueWindow window : {ValueWindow{0, 15, 0, length}, ValueWindow{4, 3, 17, 300}, ValueWindow{14, 1, 1023, 1},
                                     ValueWindow{2, 2, 256, 256}, ValueWindow{0, 0, 0, 0}, ValueWindow{3, 2, 9, 0}}) {
        const std::vector<float> values = decodeWindow(tensor, window, {});
        QCOMPARE(values.size(), window.rows * window.columns);
        for (std::uint64_t row = 0; row < window.rows; ++row)
            for (std::uint64_t column = 0; column < window.columns; ++column)
                QCOMPARE(values[row * window.columns + column],
                         all[(window.firstRow + row) * length + window.firstColumn + column]);
    }
}

void ValueWindowTest::assembledTensors()
{
    std::vector<float> weights(6 * 10);
    for (std::size_t index = 0; index < weights.size(); ++index)
        weights[index] = static_cast<float>(index);
    const Tensor file = m_files.add("file", {10}, TensorType::F32, std::vector<float>(10));
    const Tensor tensor("w", {6, 10}, TensorType::F32,
                        std::make_shared<AssembledStorage>(file.storage().file(), weights, 10));
    QCOMPARE(decodeWindow(tensor, {2, 2, 3, 2}, {}), (std::vector<float>{23, 24, 33, 34}));
}

void ValueWindowTest::quantizedEqualsWholeRows()
{
    const std::uint64_t length = 768;
    const Tensor tensor = m_files.add("w", {4, length}, TensorType::F32, normalWeights(4 * length, 0, 1, 8));
    for (const TensorType type : {TensorType::Q4_0, TensorType::Q3_K, TensorType::BF16}) {
        std::vector<float> row(length);
        std::vector<std::byte> blocks(*rowBytes(type, length));
        tensor.decodeRows(2, 1, row.data());
        codecFor(type).encodeRow(row.data(), nullptr, length, codecFor(type).defaults(), blocks.data());
        codecFor(type).decode(blocks.data(), row.data(), length);
        const std::vector<float> values = quantizedWindow(tensor, type, {2, 1, 250, 400}, {});
        QCOMPARE(values, std::vector<float>(row.begin() + 250, row.begin() + 650));
    }
}

void ValueWindowTest::quantizedToStoredTypeIsDecoding()
{
    const Tensor tensor = m_files.add("w", {2, 256}, TensorType::Q2_K, normalWeights(512, 0, 1, 9));
    const ValueWindow window{1, 1, 5, 90};
    QCOMPARE(quantizedWindow(tensor, TensorType::Q2_K, window, {}), decodeWindow(tensor, window, {}));
}

void ValueWindowTest::refusesNotANumber()
{
    std::vector<float> weights(2 * 32, 1.0f);
    weights[32 + 7] = std::numeric_limits<float>::quiet_NaN();
    const Tensor tensor = m_files.add("w", {2, 32}, TensorType::F32, weights);
    QVERIFY(std::isnan(decodeWindow(tensor, {1, 1, 7, 1}, {}).front()));
    VERIFY_ERROR(quantizedWindow(tensor, TensorType::Q8_0, {1, 1, 0, 4}, {}), ErrorKind::BadFormat, "row 1");
    QCOMPARE(quantizedWindow(tensor, TensorType::Q8_0, {0, 1, 0, 1}, {}).size(), 1u);
}

void ValueWindowTest::refusesWhatCannotBeEncoded()
{
    const Tensor tensor = m_files.add("w", {2, 32}, TensorType::F32, std::vector<float>(64, 1.0f));
    VERIFY_ERROR(quantizedWindow(tensor, TensorType::Q8_1, {0, 1, 0, 1}, {}), ErrorKind::Unsupported, "Q8_1");
}

void ValueWindowTest::stopsWhenCancelled()
{
    const Tensor tensor = m_files.add("w", {2, 32}, TensorType::F32, std::vector<float>(64, 1.0f));
    std::stop_source stop;
    stop.request_stop();
    VERIFY_ERROR(decodeWindow(tensor, {0, 2, 0, 2}, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
}

QTEST_GUILESS_MAIN(ValueWindowTest)
#include "tst_value_window.moc"
