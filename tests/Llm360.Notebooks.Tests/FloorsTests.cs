// The floors of the library: a folder may use only folders on lower floors (or its neighbours in presentation).
using System.Reflection;

namespace Llm360.Notebooks.Tests;

public sealed class FloorsTests
{
    private const string Root = "Llm360.Notebooks";

    /// <summary>Floor of each folder; Figures and Display share the top floor and may use each other.</summary>
    private static readonly Dictionary<string, int> Floors = new()
    {
        [""] = -1,
        ["Suites"] = 0,
        ["Torch"] = 0,
        ["Hub"] = 1,
        ["Text"] = 1,
        ["Weights"] = 2,
        ["Corpora"] = 2,
        ["Models"] = 3,
        ["Training"] = 4,
        ["Results"] = 5,
        ["Memorization"] = 6,
        ["Figures"] = 7,
        ["Display"] = 7,
    };

    [Fact]
    public void Every_folder_has_a_floor()
    {
        var unknown = Types().Select(t => Folder(t.Namespace)).Distinct().Where(f => f is not null && !Floors.ContainsKey(f)).ToList();
        Assert.Empty(unknown);
    }

    [Fact]
    public void No_folder_uses_a_folder_on_its_own_floor_or_above()
    {
        var wrong = Types()
            .SelectMany(type => Used(type).Select(used => (From: Folder(type.Namespace)!, To: Folder(used.Namespace)!, Text: $"{type.FullName} uses {used.FullName}")))
            .Where(u => u.From != u.To && Floors[u.To] >= Floors[u.From] && !(Floors[u.From] == 7 && Floors[u.To] == 7))
            .Select(u => u.Text).Distinct().Order().ToList();
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public void The_check_sees_what_method_bodies_use() =>
        Assert.Contains(typeof(Llm360.Notebooks.LanguageModel), Types().Where(t => t.FullName!.StartsWith(typeof(Llm360.Notebooks.Grid).FullName!, StringComparison.Ordinal)).SelectMany(Used));

    private static IEnumerable<Type> Types() => typeof(Llm360Exception).Assembly.GetTypes().Where(t => Folder(t.Namespace) is not null);

    // Llm360.Notebooks.Cpu lies in the folder Training.
    private static string? Folder(string? name) =>
        name == Root ? "" : name?.StartsWith(Root + ".", StringComparison.Ordinal) == true ? name[(Root.Length + 1)..].Split('.')[0] : null;

    /// <summary>Types of this library that a type's signatures, fields, base types and method bodies name.</summary>
    private static IEnumerable<Type> Used(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var named = new List<Type?> { type.BaseType };
        named.AddRange(type.GetInterfaces());
        named.AddRange(type.GetFields(all).Select(f => f.FieldType));
        foreach (var method in type.GetMembers(all).OfType<MethodBase>())
        {
            named.AddRange(method.GetParameters().Select(p => p.ParameterType));
            named.Add((method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is { } body)
            {
                named.AddRange(body.LocalVariables.Select(v => v.LocalType));
                named.AddRange(Tokens(method, body).Select(m => m as Type ?? m.DeclaringType));
            }
        }

        return named.OfType<Type>().SelectMany(Parts).Where(t => Folder(t.Namespace) is not null).Distinct();
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type) : [type];

    /// <summary>Members that a method body names by token.</summary>
    private static IEnumerable<MemberInfo> Tokens(MethodBase method, MethodBody body)
    {
        var code = body.GetILAsByteArray()!;
        var typeArguments = method.DeclaringType is { IsGenericType: true } d ? d.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var position = 0; position < code.Length;)
        {
            var (operand, isToken) = Instructions.Operand(code, ref position);
            if (isToken && Resolve(method.Module, BitConverter.ToInt32(code, position), typeArguments, methodArguments) is { } member)
                yield return member;
            position += operand;
        }
    }

    private static MemberInfo? Resolve(Module module, int token, Type[]? typeArguments, Type[]? methodArguments) =>
        module.ResolveMember(token, typeArguments, methodArguments);

    /// <summary>Just enough of the instruction set to walk from one instruction to the next.</summary>
    private static class Instructions
    {
        private static readonly Dictionary<short, System.Reflection.Emit.OpCode> Codes = typeof(System.Reflection.Emit.OpCodes).GetFields()
            .Select(f => f.GetValue(null)).OfType<System.Reflection.Emit.OpCode>().ToDictionary(c => c.Value);

        public static (int Length, bool IsToken) Operand(byte[] code, ref int position)
        {
            short value = code[position++];
            if (value == 0xFE)
                value = (short)(0xFE00 | code[position++]);
            return Codes[value].OperandType switch
            {
                System.Reflection.Emit.OperandType.InlineNone => (0, false),
                System.Reflection.Emit.OperandType.ShortInlineBrTarget or System.Reflection.Emit.OperandType.ShortInlineI or System.Reflection.Emit.OperandType.ShortInlineVar => (1, false),
                System.Reflection.Emit.OperandType.InlineVar => (2, false),
                System.Reflection.Emit.OperandType.InlineI8 or System.Reflection.Emit.OperandType.InlineR => (8, false),
                System.Reflection.Emit.OperandType.InlineSwitch => (4 + (4 * BitConverter.ToInt32(code, position)), false),
                System.Reflection.Emit.OperandType.InlineField or System.Reflection.Emit.OperandType.InlineMethod or System.Reflection.Emit.OperandType.InlineType or System.Reflection.Emit.OperandType.InlineTok => (4, true),
                _ => (4, false),
            };
        }
    }
}
