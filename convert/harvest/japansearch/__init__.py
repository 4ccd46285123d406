"""ジャパンサーチ 簡易Web API (Japan Search): what can be asked, how answers are read, how they are stored."""
