"""Old and variant kanji with the form that match keys use instead (a one-way guess, our own rule).

The old forms are those of the Jōyō table's parentheses and its predecessors; the variants are common in names
and in records made under the rules that replaced them (japanese-text.md §2). Different words may meet in one key
(藝/芸, 餘/余, 豫/予, 缺/欠), so nothing from this table may reach an output. Compatibility ideographs are left
out: NFKC folds them first.
"""

from __future__ import annotations

from typing import Final

_OLD_FORMS: Final = """
亞亜 惡悪 壓圧 圍囲 爲為 醫医 壹壱 稻稲 飮飲 隱隠 營営 榮栄 衞衛 驛駅 悅悦 閱閲 圓円 鹽塩 緣縁 艷艶 應応 歐欧
毆殴 櫻桜 奧奥 橫横 溫温 穩穏 假仮 價価 畫画 會会 囘回 懷懐 繪絵 壞壊 槪概 擴拡 殼殻 覺覚 學学 嶽岳 樂楽 勸勧
卷巻 寬寛 歡歓 罐缶 觀観 關関 陷陥 巖巌 顏顔 歸帰 氣気 龜亀 僞偽 戲戯 犧犠 卻却 舊旧 據拠 擧挙 虛虚 峽峡 挾挟
敎教 狹狭 鄕郷 曉暁 區区 驅駆 勳勲 薰薫 羣群 徑径 惠恵 揭掲 攜携 溪渓 經経 繼継 莖茎 螢蛍 輕軽 鷄鶏 藝芸 缺欠
儉倹 圈圏 檢検 權権 獻献 縣県 硏研 險険 顯顕 驗験 嚴厳 效効 廣広 恆恒 鑛鉱 號号 國国 黑黒 濟済 碎砕 齋斎 劑剤
册冊 雜雑 產産 參参 慘惨 棧桟 蠶蚕 贊賛 讚讃 殘残 絲糸 姊姉 齒歯 兒児 辭辞 濕湿 實実 寫写 釋釈 壽寿 收収 從従
澁渋 獸獣 縱縦 肅粛 處処 緖緒 敍叙 奬奨 將将 燒焼 稱称 證証 乘乗 剩剰 壤壌 孃嬢 條条 淨浄 疊畳 穰穣 讓譲 釀醸
囑嘱 觸触 寢寝 愼慎 晉晋 眞真 盡尽 圖図 粹粋 醉酔 隨随 髓髄 數数 樞枢 瀨瀬 聲声 靜静 齊斉 攝摂 竊窃 專専 戰戦
淺浅 潛潜 纖繊 踐践 錢銭 禪禅 曾曽 雙双 壯壮 搜捜 插挿 爭争 總総 聰聡 莊荘 裝装 騷騒 增増 臟臓 藏蔵 卽即 屬属
續続 墮堕 對対 體体 帶帯 滯滞 臺台 瀧滝 擇択 澤沢 單単 擔担 膽胆 團団 彈弾 斷断 癡痴 遲遅 晝昼 蟲虫 鑄鋳 廳庁
聽聴 敕勅 鎭鎮 遞逓 鐵鉄 轉転 點点 傳伝 黨党 盜盗 燈灯 當当 鬭闘 德徳 獨独 讀読 屆届 繩縄 貳弐 惱悩 腦脳 霸覇
廢廃 拜拝 賣売 麥麦 發発 髮髪 拔抜 蠻蛮 祕秘 彥彦 濱浜 甁瓶 拂払 佛仏 竝並 變変 邊辺 辨弁 瓣弁 辯弁 舖舗 步歩
穗穂 寶宝 豐豊 沒没 飜翻 槇槙 萬万 滿満 默黙 彌弥 藥薬 譯訳 豫予 餘余 與与 譽誉 搖揺 樣様 謠謡 來来 賴頼 亂乱
覽覧 龍竜 兩両 獵猟 綠緑 壘塁 勵励 禮礼 隸隷 靈霊 齡齢 戀恋 爐炉 勞労 樓楼 郞郎 祿禄 錄録 亙亘 灣湾 瑤瑶 遙遥
堯尭 凜凛 淚涙 戾戻 每毎 曆暦 歷歴 靑青 淸清 鍊錬 囊嚢 頰頬 塡填 剝剥 黃黄 尙尚 幷併 倂併 姬姫 絕絶 脫脱 稅税
說説 銳鋭 閒間 吿告 旣既 鄰隣 顚顛 內内 匀匂 吳呉 娛娯 戶戸 冰氷 兔兎 焰焔 涉渉 摑掴 攪撹 蔣蒋 蟬蝉 蠟蝋 醬醤
鷗鴎 鶯鴬 麴麹 麵麺 屛屏 嚙噛 噓嘘 潑溌 瀆涜 萊莱 繫繋 簞箪 搔掻 歲歳 舍舎 巢巣 狀状 擊撃 獎奨 瘦痩 敘叙 澀渋
揷挿 鄉郷 晚晩 渴渇 毁毀 橢楕 畧略 緜綿 襃褒 贗贋 鬪闘 礦鉱 窗窓 俠侠 繡繍 檜桧 蘆芦
"""

_VARIANTS: Final = """
髙高 﨑崎 嵜崎 𠮷吉 邉辺 濵浜 冨富 渕淵 渊淵 舘館 嶋島 嶌島 桒桑 栁柳 廽廻 槗橋 峯峰 埜野 壷壺 祢禰 圀国 珎珍
寳宝 靏鶴 藪薮 籔薮 翆翠 曻昇 礒磯 煕熙 凞熙 晧皓 躰体 軆体 雞鶏 駈駆 篭籠 悳徳
"""


def _pairs(*tables: str) -> dict[int, str]:
    return {ord(pair[0]): pair[1] for table in tables for pair in table.split()}


NEW_FORMS: Final[dict[int, str]] = _pairs(_OLD_FORMS, _VARIANTS)
"""For ``str.translate``: code point of the old form → new form."""
