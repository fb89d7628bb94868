// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/checked.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "support/test_support.h"

#include <atomic>
#include <mutex>

using namespace quantlathe;

class TestBase : public QObject
{
    Q_OBJECT
private slots:
    void errorTextSaysWhatAndWhere()
    {
        const Error error(ErrorKind::BadFormat, "has 7 dimensions", {"/m/a.gguf", 1234, "blk.0.x"}, "Download it again");
        QCOMPARE(QString(error.what()),
                 QString("/m/a.gguf: tensor 'blk.0.x': has 7 dimensions (at byte 1234). Download it again"));
        QCOMPARE(systemError(ENOSPC, "write", "x").kind(), ErrorKind::DiskFull);
        QCOMPARE(systemError(EROFS, "write", "x").kind(), ErrorKind::AccessDenied);
        QCOMPARE(systemError(ENOENT, "open", "x").kind(), ErrorKind::NotFound);
    }

    void checkedArithmetic()
    {
        QVERIFY(!checkedAdd(UINT64_MAX, 1));
        QVERIFY(!checkedMultiply(1ull << 32, 1ull << 32));
        QVERIFY(!checkedAlign(UINT64_MAX - 3, 32));
        QCOMPARE(*checkedAlign(33, 32), 64u);
        QCOMPARE(*checkedAlign(64, 32), 64u);
    }

    void utf8()
    {
        QVERIFY(isValidUtf8("häß \U0001F600"));
        QVERIFY(!isValidUtf8("\xC0\x80"));         // overlong
        QVERIFY(!isValidUtf8("\xED\xA0\x80"));     // surrogate
        QVERIFY(!isValidUtf8("\xF4\x90\x80\x80")); // above U+10FFFF
        QVERIFY(!isValidUtf8("a\xE2\x82"));        // cut off
        QCOMPARE(printable("a\x01\xFFz"), std::string("a\\x01\\xFFz"));
        QCOMPARE(printable("abcdef", 3), std::string("abc..."));
    }

    void byteText()
    {
        QCOMPARE(formatBytes(1023), std::string("1023 B"));
        QCOMPARE(formatBytes(1536), std::string("1.5 KiB"));
        QCOMPARE(formatBytes(1ull << 40), std::string("1.0 TiB"));
        QCOMPARE(formatBytes((1ull << 20) - 1), std::string("1.0 MiB"));
    }

    void parallelForCoversEverythingOnce_data()
    {
        QTest::addColumn<unsigned>("threads");
        QTest::newRow("one") << 1u;
        QTest::newRow("two") << 2u;
        QTest::newRow("automatic") << 0u;
    }
    void parallelForCoversEverythingOnce()
    {
        QFETCH(unsigned, threads);
        std::vector<std::atomic<int>> hits(1003);
        parallelFor(hits.size(), 10, threads, {}, [&](std::size_t begin, std::size_t end) {
            QVERIFY(end - begin <= 10 && begin % 10 == 0);
            for (std::size_t index = begin; index < end; ++index)
                ++hits[index];
        });
        for (const auto& hit : hits)
            QCOMPARE(hit.load(), 1);
    }

    void parallelForStops()
    {
        std::stop_source source;
        std::atomic<int> chunks = 0;
        const RunControl control{source.get_token(), nullptr};
        VERIFY_ERROR(parallelFor(100000, 1, 2, control,
                                 [&](std::size_t, std::size_t) {
                                     if (++chunks == 5)
                                         source.request_stop();
                                 }),
                     ErrorKind::Cancelled, "cancelled");
        QVERIFY(chunks < 100);
        VERIFY_ERROR(parallelFor(10, 1, 2, {}, [](std::size_t, std::size_t) { throw Error(ErrorKind::Io, "broken"); }),
                     ErrorKind::Io, "broken");
    }
};

QTEST_APPLESS_MAIN(TestBase)
#include "tst_base.moc"
