// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/devices.h"
#include "support/test_support.h"

#include <set>

using namespace quantlathe;
using namespace quantlathe::test;

class TestDevices : public QObject
{
    Q_OBJECT
private slots:
    void presets()
    {
        std::set<std::string> names;
        QVERIFY(devicePresets().size() >= 45);
        for (const Device& device : devicePresets()) {
            QVERIFY2(names.insert(device.name).second, device.name.c_str());
            QVERIFY2(!device.vendor.empty(), device.name.c_str());
            QVERIFY2(device.usableBytes > 0 && device.usableBytes <= device.totalBytes, device.name.c_str());
            QVERIFY2(device.bandwidthGBs > 0, device.name.c_str());
            QVERIFY2(findDevice(device.name) == &device, device.name.c_str());
        }
        QCOMPARE(findDevice("RTX 4090")->totalBytes, 24564ull << 20);
        QCOMPARE(findDevice("RTX 4090")->usableBytes, 24080ull << 20);
        QCOMPARE(findDevice("RTX 4090")->bandwidthGBs, 1008.0);
    }

    void names_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* text, const char* expected) { QTest::newRow(text) << text << expected; };
        row("rtx4090", "RTX 4090");
        row("NVIDIA GeForce RTX 4090", "RTX 4090");
        row(" nvidia rtx-4090 ", "RTX 4090");
        row("RTX 3060", "RTX 3060 12GB");
        row("RTX 5060", "RTX 5060");
        row("RTX 5060 Ti", "RTX 5060 Ti 16GB");
        row("AMD Radeon RX 7900 XTX", "RX 7900 XTX");
        row("m1 16gb", "Apple M1 16GB");
        row("h200", "H200 141GB");
    }
    void names()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(QString::fromStdString(parseDevice(text.toStdString()).name), expected);
    }

    void amounts_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qulonglong>("bytes");
        const auto row = [](const char* text, qulonglong bytes) { QTest::newRow(text) << text << bytes; };
        row("24GiB", 24ull << 30);
        row(" 24 GiB ", 24ull << 30);
        row("16000MiB", 16000ull << 20);
        row("8.5gib", 17ull << 29);
        row("8.5GB", 8500000000ull);
        row("1tb", 1000000000000ull);
        row("4096b", 4096);
    }
    void amounts()
    {
        QFETCH(QString, text);
        QFETCH(qulonglong, bytes);
        const Device device = parseDevice(text.toStdString());
        QCOMPARE(qulonglong(device.usableBytes), bytes);
        QCOMPARE(qulonglong(device.totalBytes), bytes);
        QVERIFY(device.vendor.empty());
    }

    void refuses()
    {
        VERIFY_ERROR(parseDevice("RTX 4909"), ErrorKind::NotFound, "no device preset 'RTX 4909'");
        VERIFY_ERROR(parseDevice("RTX 4909"), ErrorKind::NotFound, "RTX 4090");
        VERIFY_ERROR(parseDevice("A100"), ErrorKind::NotFound, "A100 40GB");
        VERIFY_ERROR(parseDevice("A100"), ErrorKind::NotFound, "A100 80GB SXM");
        for (const char* const text : {"", "24", "GiB", "24 apples"})
            VERIFY_ERROR(parseDevice(text), ErrorKind::NotFound, "no device preset");
        for (const char* const text : {"-1GiB", "0GiB", "1e30GiB", "inf GiB", "nan GiB"})
            VERIFY_ERROR(parseDevice(text), ErrorKind::InvalidArgument, "no amount of memory");
        VERIFY_ERROR(parseDevice(std::string(1 << 20, 'x')), ErrorKind::NotFound, "no device preset");
        QVERIFY(!findDevice("") && !findDevice("NVIDIA") && !findDevice("A100"));
        QVERIFY(!findDevice("H100") && !findDevice("M2 Max") && !findDevice("RTX 30") && !findDevice("A1"));
    }

    void ownEntries()
    {
        Device device = parseDevice("my card: 24 GiB, 900 GB/s");
        QCOMPARE(device.name, std::string("my card"));
        QCOMPARE(device.usableBytes, 24ull << 30);
        QCOMPARE(device.bandwidthGBs, 900.0);
        device = parseDevice("16000 MiB, 500GB/s");
        QCOMPARE(device.bandwidthGBs, 500.0);
        QCOMPARE(parseDevice("box: 8GB").usableBytes, 8000000000ull);
        for (const char* const text : {"24 GiB, fast", "24 GiB, 900", "24 GiB, -3 GB/s"})
            QVERIFY_THROWS_EXCEPTION(Error, parseDevice(text));
        for (const char* const text : {"my card: 24 GiB, 900 GB/s", "16000 MiB", "8.5GB", "RTX 4090", "box: 8GB", "24 GiB, 900 GB/s"}) {
            const Device once = parseDevice(text);
            const Device again = parseDevice(deviceText(once));
            QCOMPARE(again.usableBytes, once.usableBytes);
            QCOMPARE(again.bandwidthGBs, once.bandwidthGBs);
            QCOMPARE(again.name, once.name);
        }
    }

    void teraflopsWhereKnown()
    {
        QCOMPARE(parseDevice("RTX 4090").teraflops, 165.0);
        QCOMPARE(parseDevice("RTX 3060").teraflops, 0.0);
    }

    // The machine's own, through a library that stands in for NVIDIA's.
    void detected()
    {
        QVERIFY(detectedDevices("libquantlathe-has-no-such.so").empty());
        const auto devices = detectedDevices(QUANTLATHE_FAKE_NVML);
        QCOMPARE(devices.size(), std::size_t(2)); // the third gives an error
        QVERIFY(devices[0] == *findDevice("RTX 3090")); // a known card: what programs can use of it
        QCOMPARE(devices[1].name, std::string("NVIDIA Test Card"));
        QCOMPARE(devices[1].totalBytes, 10000ull << 20);
        QCOMPARE(devices[1].bandwidthGBs, 2 * 9000e6 * 256 / 8 / 1e9);
    }
};

QTEST_APPLESS_MAIN(TestDevices)
#include "tst_devices.moc"
