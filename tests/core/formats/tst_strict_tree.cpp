// SPDX-License-Identifier: GPL-3.0-or-later
// JSON documents as a tree, and what is refused.
#include "core/formats/json/strict_tree.h"
#include "support/test_support.h"

#include <QTest>

using namespace quantlathe;

class TestStrictTree : public QObject
{
    Q_OBJECT
private slots:
    void takesWhatIsSound()
    {
        const auto root = json::parseTree(R"({"a": [1, -2, 0.5, null, true], "b": {"a": "\u00e4"}})", "x.json", 2);
        QVERIFY(root["a"].size() == 5 && root["a"][2] == 0.5);
        QVERIFY(root["b"]["a"] == "ä"); // the same key in another object is another key
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("message");
        QTest::newRow("nothing") << QByteArray() << "no JSON: parse error at line 1";
        QTest::newRow("more than one") << QByteArray("{} {}") << "no JSON: parse error at line 1";
        QTest::newRow("no UTF-8") << QByteArray("{\"\xff\": 1}") << "no JSON: parse error at line 1";
        QTest::newRow("beyond range") << QByteArray("[1e999]") << "no JSON: a number is beyond every range";
        QTest::newRow("twice") << QByteArray(R"({"a": {"b": 1, "c": {}, "b": 2}})") << "'b' stands there twice";
        QTest::newRow("deep") << QByteArray("[[[[") << "nested deeper than 3 levels";
        QTest::newRow("very deep") << QByteArray(1'000'000, '[') << "nested deeper than 3 levels";
    }
    void refuses()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, message);
        VERIFY_ERROR(json::parseTree({text.constData(), static_cast<std::size_t>(text.size())}, "x.json", 3), ErrorKind::BadFormat, message.toStdString());
        VERIFY_ERROR(json::parseTree({text.constData(), static_cast<std::size_t>(text.size())}, "x.json", 3), ErrorKind::BadFormat, "x.json");
    }
};

QTEST_GUILESS_MAIN(TestStrictTree)
#include "tst_strict_tree.moc"
