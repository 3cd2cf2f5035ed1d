def test_a_quote_that_nothing_closes_is_a_character_in_a_list():
    from horus_runtime.heroscript.texts import bracket_items, bracket_text

    assert bracket_text("[a , 'b , c ]") == "[a,'b,c]"
    assert bracket_items("[a, 'b, c]") == ["a", "'b", "c"]
