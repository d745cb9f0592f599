"""x"""
async def load_demo(database, if_empty=False, report=None):
    return 0
