// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers that contradict themselves or ask for what is not supported: one Error that says so, never a crash.
#include "core/inference/tokenizer/gguf_tokenizer.h"
#include "core/inference/tokenizer/json_tokenizer.h"
#include "core/inference/tokenizer/sentencepiece_tokenizer.h"
#include "support/test_support.h"

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

void setStrings(Metadata& metadata, const char* key, const std::vector<std::string>& values)
{
    metadata.set(key, MetadataValue::ofArray(MetadataArray::fromStrings(values)));
}

/// Four tokens "a" "b" "ab" "<s>", enough for all three kinds.
Metadata smallGguf(const std::string& kind)
{
    Metadata metadata;
    metadata.set("tokenizer.ggml.model", MetadataValue::ofString(kind));
    setStrings(metadata, "tokenizer.ggml.tokens", {"a", "b", "ab", "<s>"});
    metadata.set("tokenizer.ggml.scores", MetadataValue::ofArray(MetadataArray::fromFloats({-3, -4, -1, 0})));
    metadata.set("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts({1, 1, 1, 3})));
    setStrings(metadata, "tokenizer.ggml.merges", {"a b"});
    metadata.set("tokenizer.ggml.pre", MetadataValue::ofString("gpt-2"));
    metadata.set("tokenizer.ggml.bos_token_id", MetadataValue::ofU32(3));
    metadata.set("tokenizer.ggml.eos_token_id", MetadataValue::ofU32(3));
    metadata.set("tokenizer.ggml.unknown_token_id", MetadataValue::ofU32(3));
    return metadata;
}

std::shared_ptr<const Tokenizer> load(const Metadata& metadata)
{
    return tokenizerFromMetadata(metadata, "model.gguf");
}

json smallJson()
{
    return {{"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"<s>", 3}}}, {"merges", json::array({"a b"})}}},
            {"added_tokens", json::array({{{"id", 3}, {"content", "<s>"}, {"special", true}}})}};
}

json smallUnigram()
{
    return {{"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", json::array({json::array({"<unk>", 0.0}), json::array({"a", -1.5}), json::array({"ab", -2.0})})}}}};
}

std::shared_ptr<const Tokenizer> load(const json& tokenizer)
{
    return tokenizerFromJson(JsonFile::parse(tokenizer.dump(), "tokenizer.json"));
}

using Charsmap = std::vector<std::uint32_t>;

Metadata withCharsmap(std::uint32_t arrayBytes, const Charsmap& units, const std::string& texts)
{
    std::string blob(sizeof arrayBytes + units.size() * sizeof units[0], '\0');
    std::memcpy(blob.data(), &arrayBytes, sizeof arrayBytes);
    std::memcpy(blob.data() + sizeof arrayBytes, units.data(), units.size() * sizeof units[0]);
    blob += texts;
    Metadata metadata = smallGguf("t5");
    const auto owner = std::make_shared<const std::string>(blob);
    metadata.set("tokenizer.ggml.precompiled_charsmap",
                 MetadataValue::ofArray({MetadataType::U8, owner->size(), std::as_bytes(std::span(*owner)), owner}));
    return metadata;
}

std::string field(int number, int type, const std::string& bytes)
{
    return std::string(1, static_cast<char>(number << 3 | type)) + (type == 2 ? std::string(1, static_cast<char>(bytes.size())) : std::string()) + bytes;
}

std::string piece(const std::string& text, char type, float score = -1)
{
    const std::string scoreBytes(reinterpret_cast<const char*>(&score), sizeof score);
    return field(1, 2, field(1, 2, text) + field(2, 5, scoreBytes) + field(3, 0, std::string(1, type)));
}

const std::string smallPieces = piece("<unk>", 2) + piece("a", 1) + piece("ab", 1);

std::shared_ptr<const Tokenizer> loadPieces(const std::string& bytes)
{
    return tokenizerFromSentencePiece(bytes, "tokenizer.model");
}

class TestTokenizerHostile : public QObject
{
    Q_OBJECT

private slots:
    void theSmallOnesWork()
    {
        const TokenizeOptions bare{.addSpecial = false};
        QCOMPARE(load(smallGguf("gpt2"))->encode("abba", bare), (std::vector<TokenId>{2, 1, 0}));
        QCOMPARE(load(smallJson())->encode("abba", bare), (std::vector<TokenId>{2, 1, 0}));
        QCOMPARE(load(smallUnigram())->encode("aabx", bare), (std::vector<TokenId>{1, 2, 0}));
        QCOMPARE(loadPieces(smallPieces + field(2, 2, field(3, 0, "\2")))->encode("ab", bare), (std::vector<TokenId>{0, 2}));
        Metadata llama = smallGguf("llama");
        llama.set("tokenizer.ggml.add_space_prefix", MetadataValue::ofBool(false));
        QCOMPARE(load(llama)->encode("abba"), (std::vector<TokenId>{3, 2, 1, 0}));
        QCOMPARE(load(llama)->encode("a</s><s>", {.addSpecial = false, .parseSpecial = true}).back(), 3);
    }

    void gguf()
    {
        const auto changed = [](const std::string& kind, const std::function<void(Metadata&)>& change) {
            Metadata metadata = smallGguf(kind);
            change(metadata);
            return load(metadata);
        };
        const auto string = [](const char* text) { return MetadataValue::ofString(text); };
        const auto floats = [](std::vector<float> values) { return MetadataValue::ofArray(MetadataArray::fromFloats(values)); };
        VERIFY_ERROR(load(Metadata()), ErrorKind::NotFound, "no tokenizer");
        VERIFY_ERROR(load(smallGguf("none")), ErrorKind::NotFound, "no tokenizer");
        VERIFY_ERROR(load(smallGguf("rwkv")), ErrorKind::Unsupported, "of the kind 'rwkv'");
        VERIFY_ERROR(changed("gpt2", [&](Metadata& m) { m.set("tokenizer.ggml.pre", string("kimi-k2")); }), ErrorKind::Unsupported,
                     "the pre-tokenizer 'kimi-k2'");
        for (const char* kind : {"gpt2", "llama", "t5"}) {
            VERIFY_ERROR(changed(kind, [](Metadata& m) { setStrings(m, "tokenizer.ggml.tokens", {}); }), ErrorKind::BadFormat, "no tokens");
            VERIFY_ERROR(changed(kind, [&](Metadata& m) { m.set("tokenizer.ggml.tokens", floats({1})); }), ErrorKind::BadFormat,
                         "'tokenizer.ggml.tokens' is no list of strings");
            VERIFY_ERROR(changed(kind, [&](Metadata& m) { m.set("tokenizer.ggml.scores", floats({1, 2, 3})); }), ErrorKind::BadFormat,
                         "'tokenizer.ggml.scores' has 3 entries for 4 tokens");
            VERIFY_ERROR(changed(kind, [](Metadata& m) { setStrings(m, "tokenizer.ggml.token_type", {"1"}); }), ErrorKind::BadFormat,
                         "'tokenizer.ggml.token_type' is no list of numbers");
            VERIFY_ERROR(changed(kind, [&](Metadata& m) { m.set("tokenizer.ggml.scores", floats({1, std::numeric_limits<float>::quiet_NaN(), 3, 4})); }),
                         ErrorKind::BadFormat, "the score of token 1 ('b') is no number");
        }
        VERIFY_ERROR(changed("t5", [&](Metadata& m) { m.set("tokenizer.ggml.scores", floats({1, std::numeric_limits<float>::infinity(), 3, 4})); }),
                     ErrorKind::BadFormat, "the score of token 1 is no number");
        VERIFY_ERROR(changed("gpt2", [&](Metadata& m) { m.set("tokenizer.ggml.merges", string("a b")); }), ErrorKind::BadFormat, "no merges");
        VERIFY_ERROR(changed("gpt2", [](Metadata& m) { setStrings(m, "tokenizer.ggml.merges", {"a b", "ab"}); }), ErrorKind::BadFormat,
                     "merge 1 ('ab') is no pair");
        VERIFY_ERROR(changed("gpt2", [](Metadata& m) { setStrings(m, "tokenizer.ggml.merges", {"a a"}); }), ErrorKind::BadFormat,
                     "merge 0 ('a a') names a token that is not in the vocabulary");
        const auto withoutBos = [](Metadata& m) {
            m.set("tokenizer.ggml.bos_token_id", MetadataValue::ofU32(4'294'967'295));
            m.set("tokenizer.ggml.add_bos_token", MetadataValue::ofBool(true));
        };
        VERIFY_ERROR(changed("gpt2", withoutBos), ErrorKind::BadFormat, "no valid 'tokenizer.ggml.bos_token_id'");
        const auto withoutEos = [](Metadata& m) {
            m.set("tokenizer.ggml.eos_token_id", MetadataValue::ofU32(4));
            m.set("tokenizer.ggml.add_eos_token", MetadataValue::ofBool(true));
        };
        VERIFY_ERROR(changed("gpt2", withoutEos), ErrorKind::BadFormat, "no valid 'tokenizer.ggml.eos_token_id'");
        const auto error = errorOf([] { (void)load(smallGguf("rwkv")); });
        QVERIFY(error && error->place().file == "model.gguf");
    }

    void characterMaps()
    {
        Metadata floats = smallGguf("t5");
        floats.set("tokenizer.ggml.precompiled_charsmap", MetadataValue::ofArray(MetadataArray::fromFloats({1})));
        VERIFY_ERROR(load(floats), ErrorKind::BadFormat, "no list of bytes");
        VERIFY_ERROR(load(withCharsmap(0, {}, "")), ErrorKind::BadFormat, "does not fit");
        VERIFY_ERROR(load(withCharsmap(0xFFFFFFFF, {1}, "x")), ErrorKind::BadFormat, "does not fit");
        VERIFY_ERROR(load(withCharsmap(4, {1}, "x")), ErrorKind::BadFormat, "texts that do not end");
        // A root that sends 'a' to unit 'a' ^ 0, which is its own child for ever: the walk ends with the text.
        Charsmap endless(256, 0);
        endless['a'] = 'a' | static_cast<std::uint32_t>('a') << 10;
        endless[0] = 'a';
        QVERIFY(!load(withCharsmap(1024, endless, std::string("\0", 1)))->encode(std::string(1000, 'a')).empty());
        // A leaf whose value lies outside the array, and one whose replacement lies outside the texts.
        Charsmap outside(256, 0);
        outside['a'] = 'a' | 1u << 8 | 0x1000u << 10;
        VERIFY_ERROR(load(withCharsmap(1024, outside, std::string("\0", 1)))->encode("a"), ErrorKind::BadFormat, "outside its array");
        Charsmap missing(256, 0);
        missing['a'] = 'a' | 1u << 8 | 1u << 10;
        missing['a' ^ 1] = 77;
        VERIFY_ERROR(load(withCharsmap(1024, missing, std::string("\0", 1)))->encode("a"), ErrorKind::BadFormat, "a replacement that is not there");
    }

    void jsonFiles()
    {
        const auto changed = [](const char* path, const json& value) {
            json tokenizer = smallJson();
            tokenizer[json::json_pointer(path)] = value;
            return load(tokenizer);
        };
        const auto split = [](const char* expression) {
            return json{{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}};
        };
        VERIFY_ERROR(load(json{{"version", "1.0"}}), ErrorKind::BadFormat, "has no 'model'");
        VERIFY_ERROR(changed("/model/type", "WordLevel"), ErrorKind::Unsupported, "'WordLevel'");
        VERIFY_ERROR(changed("/model/end_of_word_suffix", "</w>"), ErrorKind::Unsupported, "'end_of_word_suffix'");
        VERIFY_ERROR(changed("/model/dropout", 0.1), ErrorKind::Unsupported, "at random");
        VERIFY_ERROR(changed("/model/vocab", json::array()), ErrorKind::BadFormat, "no object");
        VERIFY_ERROR(changed("/model/vocab", json::object()), ErrorKind::BadFormat, "a token that is not in the vocabulary");
        VERIFY_ERROR(changed("/model/vocab/a", -1), ErrorKind::BadFormat, "an id that is no number");
        VERIFY_ERROR(changed("/model/vocab/a", 4'000'000'000), ErrorKind::BadFormat, "beyond what any vocabulary has");
        VERIFY_ERROR(changed("/model/vocab/a", 1), ErrorKind::BadFormat, "have the same id 1");
        VERIFY_ERROR(changed("/model/merges", "a b"), ErrorKind::BadFormat, "no list");
        VERIFY_ERROR(changed("/model/merges/0", "a b c"), ErrorKind::BadFormat, "merge 0 is no pair");
        VERIFY_ERROR(changed("/model/merges/0", json::array({"a"})), ErrorKind::BadFormat, "merge 0 is no pair");
        VERIFY_ERROR(changed("/model/merges/0", json::array({"b", "a"})), ErrorKind::BadFormat, "names a token that is not in the vocabulary");
        VERIFY_ERROR(changed("/added_tokens", 1), ErrorKind::BadFormat, "'added_tokens' is no list");
        VERIFY_ERROR(changed("/added_tokens/0/id", "3"), ErrorKind::BadFormat, "no content or no id");
        VERIFY_ERROR(changed("/normalizer", {{"type", "Shout"}}), ErrorKind::Unsupported, "the normalizer 'Shout'");
        VERIFY_ERROR(changed("/normalizer", {{"type", "Replace"}}), ErrorKind::BadFormat, "no pattern");
        VERIFY_ERROR(changed("/normalizer", {{"type", "Sequence"}}), ErrorKind::BadFormat, "no list");
        VERIFY_ERROR(changed("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "a*"}}), ErrorKind::BadFormat, "no base64");
        VERIFY_ERROR(changed("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "AAA="}}), ErrorKind::BadFormat, "too short");
        VERIFY_ERROR(changed("/pre_tokenizer", {{"type", "UnicodeScripts"}}), ErrorKind::Unsupported, "the pre-tokenizer 'UnicodeScripts'");
        VERIFY_ERROR(changed("/pre_tokenizer", {{"type", "Split"}}), ErrorKind::BadFormat, "no pattern");
        VERIFY_ERROR(changed("/pre_tokenizer", split("(a")), ErrorKind::BadFormat, "a ')' is missing");
        VERIFY_ERROR(changed("/pre_tokenizer", split("(a)\\1")), ErrorKind::Unsupported, "'\\1' is not known");
        VERIFY_ERROR(changed("/pre_tokenizer", split("(a*)*")), ErrorKind::Unsupported, "repeats what can match nothing");
        VERIFY_ERROR(changed("/pre_tokenizer", split("((((a{900}){900}){900}){900})")), ErrorKind::Unsupported, "too large");
        VERIFY_ERROR(changed("/pre_tokenizer", split("(?:a|a)*c"))->encode(std::string(100, 'a')), ErrorKind::Unsupported, "too many steps");
        VERIFY_ERROR(changed("/pre_tokenizer", {{"type", "Metaspace"}, {"prepend_scheme", "maybe"}}), ErrorKind::BadFormat, "'maybe'");
        VERIFY_ERROR(changed("/post_processor", {{"type", "Prayer"}}), ErrorKind::Unsupported, "the post-processor 'Prayer'");
        VERIFY_ERROR(changed("/post_processor", {{"type", "TemplateProcessing"}}), ErrorKind::BadFormat, "no list 'single'");
        const auto frame = [](const json& piece) { return json{{"type", "TemplateProcessing"}, {"single", json::array({piece})}}; };
        VERIFY_ERROR(changed("/post_processor", frame({{"Noise", 1}})), ErrorKind::BadFormat, "neither text nor token");
        VERIFY_ERROR(changed("/post_processor", frame({{"SpecialToken", {{"id", "<x>"}}}})), ErrorKind::BadFormat, "'<x>', which is no token");
        VERIFY_ERROR(changed("/post_processor", {{"type", "BertProcessing"}, {"cls", json::array({"a", 9})}}), ErrorKind::BadFormat, "'cls'");
        for (const auto& [place, list] : {std::pair("/normalizer", "normalizers"), {"/pre_tokenizer", "pretokenizers"}, {"/post_processor", "processors"}}) {
            json nested = {{"type", "NFC"}};
            for (int depth = 0; depth < 20; ++depth)
                nested = {{"type", "Sequence"}, {list, json::array({nested})}};
            VERIFY_ERROR(changed(place, nested), ErrorKind::BadFormat, "nested too deeply");
        }
    }

    void unigramJson()
    {
        const auto changed = [](const char* path, const json& value) {
            json tokenizer = smallUnigram();
            tokenizer[json::json_pointer(path)] = value;
            return load(tokenizer);
        };
        VERIFY_ERROR(changed("/model/unk_id", 3), ErrorKind::BadFormat, "'model.unk_id' is no token");
        VERIFY_ERROR(changed("/model/vocab", json::object()), ErrorKind::BadFormat, "no list");
        VERIFY_ERROR(changed("/model/vocab", json::array()), ErrorKind::BadFormat, "the vocabulary is empty");
        VERIFY_ERROR(changed("/model/vocab/1", json::array({"a"})), ErrorKind::BadFormat, "token 1 of 'model.vocab' is no pair");
    }

    void sentencePieceFiles()
    {
        VERIFY_ERROR(loadPieces(""), ErrorKind::BadFormat, "no pieces");
        VERIFY_ERROR(loadPieces("\x0F\x01"), ErrorKind::BadFormat, "is no SentencePiece model");
        VERIFY_ERROR(loadPieces(smallPieces.substr(0, smallPieces.size() - 1)), ErrorKind::BadFormat, "is no SentencePiece model");
        VERIFY_ERROR(loadPieces(std::string(12, '\xFF')), ErrorKind::BadFormat, "is no SentencePiece model");
        VERIFY_ERROR(loadPieces(piece("a", 1)), ErrorKind::BadFormat, "no piece for what is unknown");
        VERIFY_ERROR(loadPieces(smallPieces + piece("", 1)), ErrorKind::BadFormat, "piece 3 has no text");
        VERIFY_ERROR(loadPieces(smallPieces + piece("b", 9)), ErrorKind::BadFormat, "piece 3 ('b') is of the unknown type 9");
        VERIFY_ERROR(loadPieces(smallPieces + piece("b", 1, std::numeric_limits<float>::infinity())), ErrorKind::BadFormat, "a score that is no number");
        VERIFY_ERROR(loadPieces(smallPieces + field(2, 2, field(3, 0, "\7"))), ErrorKind::BadFormat, "of the unknown type 7");
        VERIFY_ERROR(loadPieces(smallPieces + field(2, 2, field(3, 0, "\3"))), ErrorKind::Unsupported, "'word'");
        VERIFY_ERROR(loadPieces(smallPieces + field(3, 2, field(2, 2, "abc"))), ErrorKind::BadFormat, "too short");
    }

    void idsOutsideTheVocabulary()
    {
        const auto tokenizer = load(smallJson());
        VERIFY_ERROR(tokenizer->tokenText(4), ErrorKind::InvalidArgument, "there is no token 4; the vocabulary has 4 tokens");
        VERIFY_ERROR(tokenizer->decode(std::vector<TokenId>{-1}), ErrorKind::InvalidArgument, "there is no token -1");
    }
};

} // namespace

QTEST_GUILESS_MAIN(TestTokenizerHostile)
#include "tst_tokenizer_hostile.moc"
