from . import compat, sample_note, sale_order_line
