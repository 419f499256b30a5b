// Grouping of documented members into pages.
namespace Llm360.Notebooks.Tests;

public sealed class TypePagesTests
{
    [Theory]
    [InlineData("T:System.Array", "T:System.Array")]
    [InlineData("M:System.Array.Resize``1(``0[]@,System.Int32)", "T:System.Array")]
    [InlineData("M:System.Array.#ctor", "T:System.Array")]
    [InlineData("P:System.Array.System#Collections#IList#Item(System.Int32)", "T:System.Array")]
    [InlineData("F:System.Outer.Inner.Field", "T:System.Outer.Inner")]
    [InlineData("E:System.Outer`1.Changed", "T:System.Outer`1")]
    [InlineData("M:System.A.op_Implicit(System.B)~System.C", "T:System.A")]
    [InlineData("N:System.Linq", "N:System.Linq")]
    [InlineData("", "")]
    public void The_type_of_a_member(string member, string type) => Assert.Equal(type, TypePages.TypeOf(member));

    [Fact]
    public void A_page_has_the_texts_of_its_members_in_file_order() =>
        Assert.Equal(
            [("T:A.B", "one two four"), ("T:A.C", "three")],
            TypePages.Of([("T:A.B", "one"), ("M:A.B.X", "two"), ("P:A.C.Y", "three"), ("M:A.B.Z(A.C)", "four")]));
}
