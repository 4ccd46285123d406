"""総合目録共通フォーマット and its relatives: records whose structure a layout table describes."""
