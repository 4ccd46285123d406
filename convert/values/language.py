"""Languages: ISO 639-1, 639-2 in both forms, 639-3, with Japanese and English names. Our own table.

MARC 21, ONIX (list 74) and DC-NDL use the bibliographic form (639-2/B). For the languages of this table 639-3 is the
terminological form (639-2/T); for macrolanguages that is the code of the group (zho, ara).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 60

_TABLE: Final = """
aa aar アファル語 Afar
ab abk アブハズ語 Abkhazian
ae ave アヴェスタ語 Avestan
af afr アフリカーンス語 Afrikaans
ak aka アカン語 Akan
am amh アムハラ語 Amharic
an arg アラゴン語 Aragonese
ar ara アラビア語 Arabic
as asm アッサム語 Assamese
av ava アヴァル語 Avaric
ay aym アイマラ語 Aymara
az aze アゼルバイジャン語|アゼリー語 Azerbaijani
ba bak バシキール語 Bashkir
be bel ベラルーシ語|白ロシア語 Belarusian
bg bul ブルガリア語 Bulgarian
bi bis ビスラマ語 Bislama
bm bam バンバラ語 Bambara
bn ben ベンガル語 Bengali
bo bod/tib チベット語 Tibetan
br bre ブルトン語 Breton
bs bos ボスニア語 Bosnian
ca cat カタルーニャ語|カタロニア語 Catalan
ce che チェチェン語 Chechen
ch cha チャモロ語 Chamorro
co cos コルシカ語 Corsican
cr cre クリー語 Cree
cs ces/cze チェコ語 Czech
cu chu 教会スラヴ語|古代教会スラブ語 Church Slavic
cv chv チュヴァシ語 Chuvash
cy cym/wel ウェールズ語 Welsh
da dan デンマーク語 Danish
de deu/ger ドイツ語|独語 German
dv div ディベヒ語 Divehi
dz dzo ゾンカ語 Dzongkha
ee ewe エウェ語 Ewe
el ell/gre ギリシア語|ギリシャ語|現代ギリシア語|現代ギリシャ語 Greek
en eng 英語 English
eo epo エスペラント|エスペラント語 Esperanto
es spa スペイン語|西語 Spanish
et est エストニア語 Estonian
eu eus/baq バスク語 Basque
fa fas/per ペルシア語|ペルシャ語 Persian
ff ful フラ語 Fulah
fi fin フィンランド語 Finnish
fj fij フィジー語 Fijian
fo fao フェロー語 Faroese
fr fra/fre フランス語|仏語 French
fy fry 西フリジア語 Western Frisian
ga gle アイルランド語 Irish
gd gla スコットランド・ゲール語 Scottish Gaelic
gl glg ガリシア語 Galician
gn grn グアラニー語 Guarani
gu guj グジャラート語 Gujarati
gv glv マン島語 Manx
ha hau ハウサ語 Hausa
he heb ヘブライ語 Hebrew
hi hin ヒンディー語|ヒンディ語 Hindi
ho hmo ヒリモツ語 Hiri Motu
hr hrv クロアチア語 Croatian
ht hat ハイチ語 Haitian
hu hun ハンガリー語 Hungarian
hy hye/arm アルメニア語 Armenian
hz her ヘレロ語 Herero
ia ina インターリングア Interlingua
id ind インドネシア語 Indonesian
ie ile インターリング Interlingue
ig ibo イボ語 Igbo
ii iii 四川彝語 Sichuan Yi
ik ipk イヌピアック語 Inupiaq
io ido イド語 Ido
is isl/ice アイスランド語 Icelandic
it ita イタリア語|伊語 Italian
iu iku イヌクティトゥット語 Inuktitut
ja jpn 日本語 Japanese
jv jav ジャワ語 Javanese
ka kat/geo グルジア語|ジョージア語 Georgian
kg kon コンゴ語 Kongo
ki kik キクユ語 Kikuyu
kj kua クワニャマ語 Kuanyama
kk kaz カザフ語 Kazakh
kl kal グリーンランド語 Kalaallisut
km khm クメール語|カンボジア語 Khmer
kn kan カンナダ語 Kannada
ko kor 朝鮮語|韓国語 Korean
kr kau カヌリ語 Kanuri
ks kas カシミール語 Kashmiri
ku kur クルド語 Kurdish
kv kom コミ語 Komi
kw cor コーンウォール語 Cornish
ky kir キルギス語 Kirghiz
la lat ラテン語|羅語 Latin
lb ltz ルクセンブルク語 Luxembourgish
lg lug ガンダ語 Ganda
li lim リンブルフ語 Limburgan
ln lin リンガラ語 Lingala
lo lao ラオス語|ラーオ語 Lao
lt lit リトアニア語 Lithuanian
lu lub ルバ・カタンガ語 Luba-Katanga
lv lav ラトビア語|ラトヴィア語 Latvian
mg mlg マダガスカル語 Malagasy
mh mah マーシャル語 Marshallese
mi mri/mao マオリ語 Maori
mk mkd/mac マケドニア語 Macedonian
ml mal マラヤーラム語 Malayalam
mn mon モンゴル語|蒙古語 Mongolian
mr mar マラーティー語 Marathi
ms msa/may マレー語 Malay
mt mlt マルタ語 Maltese
my mya/bur ビルマ語|ミャンマー語 Burmese
na nau ナウル語 Nauru
nb nob ブークモール Norwegian Bokmål
nd nde 北ンデベレ語 North Ndebele
ne nep ネパール語 Nepali
ng ndo ンドンガ語 Ndonga
nl nld/dut オランダ語|蘭語 Dutch
nn nno ニーノシュク Norwegian Nynorsk
no nor ノルウェー語 Norwegian
nr nbl 南ンデベレ語 South Ndebele
nv nav ナバホ語 Navajo
ny nya チェワ語 Chichewa
oc oci オック語 Occitan
oj oji オジブワ語 Ojibwa
om orm オロモ語 Oromo
or ori オリヤー語 Oriya
os oss オセット語 Ossetian
pa pan パンジャーブ語 Panjabi
pi pli パーリ語 Pali
pl pol ポーランド語 Polish
ps pus パシュトー語 Pushto
pt por ポルトガル語|葡語 Portuguese
qu que ケチュア語 Quechua
rm roh ロマンシュ語 Romansh
rn run ルンディ語 Rundi
ro ron/rum ルーマニア語 Romanian
ru rus ロシア語|露語 Russian
rw kin ルワンダ語 Kinyarwanda
sa san サンスクリット|サンスクリット語|梵語 Sanskrit
sc srd サルデーニャ語 Sardinian
sd snd シンド語 Sindhi
se sme 北サーミ語 Northern Sami
sg sag サンゴ語 Sango
si sin シンハラ語 Sinhala
sk slk/slo スロバキア語|スロヴァキア語 Slovak
sl slv スロベニア語|スロヴェニア語 Slovenian
sm smo サモア語 Samoan
sn sna ショナ語 Shona
so som ソマリ語 Somali
sq sqi/alb アルバニア語 Albanian
sr srp セルビア語 Serbian
ss ssw スワジ語 Swati
st sot 南ソト語 Southern Sotho
su sun スンダ語 Sundanese
sv swe スウェーデン語 Swedish
sw swa スワヒリ語 Swahili
ta tam タミル語 Tamil
te tel テルグ語 Telugu
tg tgk タジク語 Tajik
th tha タイ語 Thai
ti tir ティグリニャ語 Tigrinya
tk tuk トルクメン語 Turkmen
tl tgl タガログ語 Tagalog
tn tsn ツワナ語 Tswana
to ton トンガ語 Tonga
tr tur トルコ語 Turkish
ts tso ツォンガ語 Tsonga
tt tat タタール語 Tatar
tw twi トウィ語 Twi
ty tah タヒチ語 Tahitian
ug uig ウイグル語 Uighur
uk ukr ウクライナ語 Ukrainian
ur urd ウルドゥー語 Urdu
uz uzb ウズベク語 Uzbek
ve ven ヴェンダ語 Venda
vi vie ベトナム語|ヴェトナム語 Vietnamese
vo vol ヴォラピュク Volapük
wa wln ワロン語 Walloon
wo wol ウォロフ語 Wolof
xh xho コサ語 Xhosa
yi yid イディッシュ語 Yiddish
yo yor ヨルバ語 Yoruba
za zha チワン語 Zhuang
zh zho/chi 中国語 Chinese
zu zul ズールー語 Zulu
- ain アイヌ語 Ainu
- akk アッカド語 Akkadian
- ang 古英語 Old English
- arc アラム語 Aramaic
- ceb セブアノ語 Cebuano
- cop コプト語 Coptic
- egy 古代エジプト語|エジプト語 Egyptian
- enm 中英語 Middle English
- fil フィリピノ語|フィリピン語 Filipino
- frm 中フランス語 Middle French
- fro 古フランス語 Old French
- gmh 中高ドイツ語 Middle High German
- goh 古高ドイツ語 Old High German
- got ゴート語 Gothic
- grc 古代ギリシア語|古典ギリシア語|古代ギリシャ語|古典ギリシャ語 Ancient Greek
- haw ハワイ語 Hawaiian
- hit ヒッタイト語 Hittite
- hsb 高地ソルブ語 Upper Sorbian
- kaw カウィ語 Kawi
- mnc 満州語|満洲語 Manchu
- ota オスマン・トルコ語|オスマントルコ語 Ottoman Turkish
- sux シュメール語 Sumerian
- syr シリア語 Syriac
- uga ウガリト語 Ugaritic
- mul 複数言語|多言語 Multiple languages
- und 不明|言語不明 Undetermined
- zxx 言語なし No linguistic content
"""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its codes (``one`` is empty where ISO 639-1 has none) and its names, the usual Japanese one first."""

    one: str
    bibliographic: str
    terminological: str
    japanese: tuple[str, ...]
    english: str


def _languages() -> list[Language]:
    found = []
    for line in _TABLE.strip().splitlines():
        one, codes, japanese, english = line.split(" ", 3)
        terminological, _, bibliographic = codes.partition("/")
        names = tuple(japanese.split("|"))
        found.append(
            Language("" if one == "-" else one, bibliographic or terminological, terminological, names, english)
        )
    return found


LANGUAGES: Final = tuple(_languages())
_BY_WORD: Final[dict[str, Language]] = {}
for _language in LANGUAGES:
    _words = (_language.one, _language.bibliographic, _language.terminological, *_language.japanese, _language.english)
    _BY_WORD.update(dict.fromkeys((word.lower() for word in _words if word), _language))


def find(value: str) -> Language | None:
    """The language of a code of ISO 639 or a name in Japanese or English, in any case and width; None: not one.

    >>> find("ＪＰＮ").one, find("フランス語").bibliographic, find("和独")
    ('ja', 'fre', None)
    """
    return _BY_WORD.get(unicodedata.normalize("NFKC", value).strip().lower()) if len(value) <= _LONGEST else None
